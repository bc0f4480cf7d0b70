// The activations file: captured q, k (and v) of a corpus, in HDF5; replays as a source.
//
//   /                          attributes as in the calibration file, format = "aqua-activations"
//   /documents                 [documents] strings: their ids
//   /sequences                 attributes corpus_*: the corpus
//     document                 [tokens] int32: index of the document each token belongs to
//     offset, length, first_counted  [sequences] int64
//   /layers/NNN/post_rope      attributes scale, softcap (0: none), window (0: unlimited); also
//   /pre_rope
//     q  [tokens, H, d]        float32
//     k, v  [tokens, H_kv, d]  float32; v at post_rope only, if kept
// Tokens of all sequences lie end to end: sequence s holds tokens offset[s] … offset[s] + length[s]
// − 1.
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

/// A sink that writes the events of one corpus to a file, which appears when `commit` is called
/// after the run. The file's bytes do not depend on the order in which events arrive. Memory: none
/// beyond the events. FormatError, naming the final path, when the file cannot be written (a full
/// disk included); UsageError when it is run over a second corpus.
class ActivationsWriter : public capture::QkSink {
 public:
  virtual void commit() = 0;
};
std::unique_ptr<ActivationsWriter> make_activations_writer(const std::filesystem::path& path,
                                                           const Provenance& provenance,
                                                           const ActivationsOptions& options);

/// Opens a captured file and checks everything but the vectors, whose values are checked (finite)
/// when they are read: one sequence of one layer at a time and worker. FormatError names file and
/// dataset; run() throws UsageError when a sink asks for a site or for values that the file does
/// not have.
std::unique_ptr<capture::QkSource> open_activations(const std::filesystem::path& path);
/// The provenance stored in it.
Provenance read_activations_provenance(const std::filesystem::path& path);
bool is_activations(const std::filesystem::path& path);

}  // namespace aqua::store
