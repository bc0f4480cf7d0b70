// The activations file: captured q, k (and v) of a corpus, in HDF5; replays as a source.
//
//   /                                 attributes as in the calibration file, format =
//   "aqua-activations" /sequences/document, length, first_counted, offset ; /documents (ids)
//   /layers/NNN/post_rope/q [tokens, H, d] float32, k [tokens, H_kv, d], v [tokens, H_kv, d] (if
//   kept)
//     attributes: scale, softcap (0: none), window (0: unlimited)
// Tokens of all sequences lie end to end; sequence s holds tokens offset[s] …
// offset[s]+length[s]−1.
#pragma once

#include <filesystem>
#include <memory>
#include <set>

#include "aqua/capture/event.hpp"
#include "aqua/core/atomic_file.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::store {

struct ActivationsOptions {
  std::set<capture::Site> sites{capture::Site::post_rope};
  bool values = true;  ///< keep v at post_rope, so that output errors can be measured on replay
};

/// A sink that writes events to a file, which appears when `commit` is called after the run.
class ActivationsWriter : public capture::QkSink {
 public:
  virtual void commit() = 0;
};
std::unique_ptr<ActivationsWriter> make_activations_writer(const std::filesystem::path& path,
                                                           const Provenance& provenance,
                                                           const ActivationsOptions& options);

/// Opens a captured file. Reads one sequence of one layer at a time. FormatError names file and
/// dataset.
std::unique_ptr<capture::QkSource> open_activations(const std::filesystem::path& path);
/// The provenance stored in it.
Provenance read_activations_provenance(const std::filesystem::path& path);
bool is_activations(const std::filesystem::path& path);

}  // namespace aqua::store
