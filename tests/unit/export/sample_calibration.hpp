// A small calibration with two layers of six, from seeded draws.
#pragma once

#include "aqua/core/random.hpp"
#include "aqua/projection/basis.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::test {

constexpr HeadLayout sample_layout{.query_heads = 4, .kv_heads = 2, .head_dim = 3};

inline std::vector<store::CalibratedHead> calibrated_heads(uint64_t seed,
                                                           const HeadLayout& layout) {
  std::vector<store::CalibratedHead> heads;
  for (int64_t h = 0; h < layout.kv_heads; ++h) {
    Random random(seed, Random::Purpose::test, static_cast<uint64_t>(h));
    Matrix<double> rows(20, layout.head_dim);
    for (int64_t i = 0; i < rows.size(); ++i) rows.data()[i] = random.normal();
    store::CalibratedHead head;
    head.statistics = projection::HeadStatistics(layout.head_dim);
    head.statistics.query.add_rows(rows.view().rows(0, 12));
    head.statistics.key.add_rows(rows.view().rows(12, 8));
    head.aqua =
        projection::make_aqua({.statistics = &head.statistics, .head_dim = layout.head_dim});
    heads.push_back(std::move(head));
  }
  return heads;
}

inline store::Calibration sample_calibration(const HeadLayout& layout = sample_layout) {
  store::Calibration calibration;
  calibration.model = {.name = "tiny",
                       .architecture = "llama",
                       .sha256 = std::string(64, 'a'),
                       .layers = 6,
                       .heads = layout,
                       .hidden_size = 10,
                       .vocabulary = 256,
                       .rope_layout = capture::RopeLayout::half};
  calibration.provenance.corpora = {{"en", "/private/en.txt", std::string(64, 'b'), 5, 600},
                                    {"हिन्दी", "hi.txt", std::string(64, 'c'), 7, 800}};
  calibration.heads.emplace(store::SiteKey{LayerIndex{0}, capture::Site::post_rope},
                            calibrated_heads(1, layout));
  calibration.heads.emplace(store::SiteKey{LayerIndex{5}, capture::Site::post_rope},
                            calibrated_heads(2, layout));
  return calibration;
}

}  // namespace aqua::test
