// Small contents for files.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/core/random.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::store {

constexpr HeadLayout sample_heads{.query_heads = 4, .kv_heads = 2, .head_dim = 3};

inline capture::ModelFacts sample_model() {
  return {.name = "tiny",
          .architecture = "llama",
          .sha256 = std::string(64, 'a'),
          .layers = 1002,
          .heads = sample_heads,
          .hidden_size = 10,
          .vocabulary = 256,
          .rope_layout = capture::RopeLayout::interleaved};
}

inline Provenance sample_provenance() {
  return {.tool_version = "aqua 1.2.3",
          .command = "calibrate",
          .options_json = R"({"corpus": "हिन्दी"})",
          .date = "2024-01-02T03:04:05Z",
          .kernels = "none",
          .seed = std::numeric_limits<uint64_t>::max(),
          .threads = 3,
          .corpora = {{"en", "/texts/en.txt", std::string(64, 'b'), 5, 600},
                      {"हिन्दी", "hi.txt", std::string(64, 'c'), 7, 800}}};
}

inline std::vector<CalibratedHead> sample_calibrated_heads(uint64_t seed) {
  std::vector<CalibratedHead> heads;
  for (int64_t h = 0; h < sample_heads.kv_heads; ++h) {
    Random random(seed, Random::Purpose::test, static_cast<uint64_t>(h));
    Matrix<double> rows(20, sample_heads.head_dim);
    for (int64_t i = 0; i < rows.size(); ++i) rows.data()[i] = random.normal();
    CalibratedHead head;
    head.statistics = projection::HeadStatistics(sample_heads.head_dim);
    head.statistics.query.add_rows(rows.view());
    head.statistics.key.add_rows(rows.view().rows(0, 10));
    projection::BasisRequest request;
    request.statistics = &head.statistics;
    request.head_dim = sample_heads.head_dim;
    head.aqua = projection::make_aqua(request);
    heads.push_back(std::move(head));
  }
  return heads;
}

/// Layers 0 (both sites), 7 and 1001 (post_rope).
inline Calibration sample_calibration() {
  using capture::Site;
  Calibration calibration;
  calibration.model = sample_model();
  calibration.provenance = sample_provenance();
  uint64_t seed = 0;
  for (const SiteKey& key : {SiteKey{LayerIndex{0}, Site::pre_rope},
                             {LayerIndex{0}, Site::post_rope},
                             {LayerIndex{7}, Site::post_rope},
                             {LayerIndex{1001}, Site::post_rope}}) {
    calibration.heads.emplace(key, sample_calibrated_heads(++seed));
  }
  return calibration;
}

}  // namespace aqua::store
