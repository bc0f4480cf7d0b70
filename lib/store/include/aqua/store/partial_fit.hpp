// An interrupted calibration: the statistics of finished layers, and the hidden states from which
// the model goes on. A file of ours alone, of no use to others, removed when the run is done.
//
//   /                     format = "aqua-partial-calibration", format_version; fingerprint: what
//   the
//                         run was asked for; corpus, next_layer: where it was
//   /hidden               [tokens, hidden_size] float32, the input of next_layer
//   /layers/NNN/SITE      r_query, r_key, count_query, count_key as in a calibration
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "aqua/store/calibration.hpp"

namespace aqua::store {

struct PartialFit {
  std::string fingerprint;
  int64_t corpus = 0;  ///< index of the corpus that was running
  LayerIndex next_layer;
  Matrix<float> hidden;
  std::map<SiteKey, std::vector<projection::HeadStatistics>> statistics;
};

/// What is written; views of what the run holds.
struct PartialFitView {
  const std::string& fingerprint;
  int64_t corpus = 0;
  LayerIndex next_layer;
  ConstMatrixView<float> hidden;
  const std::map<SiteKey, std::vector<projection::HeadStatistics>>& statistics;
  HeadLayout heads;
};

/// Writes whole or not at all.
void write_partial_fit(const std::filesystem::path& path, const PartialFitView& partial);

/// The fingerprint alone.
std::string read_partial_fingerprint(const std::filesystem::path& path);
/// Reads and checks against the run that goes on: shapes, finite numbers, triangular factors.
PartialFit read_partial_fit(const std::filesystem::path& path, const HeadLayout& heads,
                            int64_t layers);

}  // namespace aqua::store
