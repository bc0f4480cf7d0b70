// Bases for every layer and KV head of a test model, and requests to make variants with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "aqua/attention/variants.hpp"
#include "aqua/core/random.hpp"
#include "inputs.hpp"

namespace aqua::attention {

/// Statistics of random rows that are larger in some directions, so that methods differ.
inline projection::HeadStatistics random_statistics(int64_t head_dim, uint64_t seed) {
  Random random(seed, Random::Purpose::test, 77);
  projection::HeadStatistics statistics(head_dim);
  for (projection::RFactor* factor : {&statistics.query, &statistics.key}) {
    Matrix<double> mixing(head_dim, head_dim);
    for (int64_t i = 0; i < mixing.size(); ++i) {
      mixing.data()[i] = random.normal() / static_cast<double>(1 + i / head_dim);
    }
    Matrix<double> rows(4 * head_dim, head_dim);
    for (int64_t r = 0; r < rows.rows(); ++r) {
      for (int64_t i = 0; i < head_dim; ++i) {
        const double x = random.normal();
        for (int64_t c = 0; c < head_dim; ++c) rows(r, c) += x * mixing(i, c);
      }
    }
    factor->add_rows(rows.view());
  }
  return statistics;
}

/// All bases that variants may need, by method.
class TestBases {
 public:
  TestBases(const HeadLayout& heads, int64_t layers) : heads_(heads), layers_(layers) {
    for (const auto& method : projection::basis_methods()) {
      LayerBases& bases = bases_[std::string(method.name)];
      for (int32_t layer = 0; layer < layers; ++layer) {
        for (int64_t g = 0; g < heads.kv_heads; ++g) {
          const auto statistics =
              random_statistics(heads.head_dim, static_cast<uint64_t>(layer * 100 + g));
          bases[{layer}].push_back(method.make({.statistics = &statistics,
                                                .head_dim = heads.head_dim,
                                                .layer = {layer},
                                                .kv_head = g}));
        }
      }
    }
  }

  VariantRequest request() const {
    VariantRequest request{.heads = heads_, .layers = layers_, .bases = {}, .kept = {}};
    for (const auto& [name, bases] : bases_) request.bases.emplace(name, &bases);
    return request;
  }
  const projection::Basis& basis(const std::string& method, int32_t layer, int64_t kv_head) const {
    return bases_.at(method).at({layer}).at(static_cast<std::size_t>(kv_head));
  }

 private:
  HeadLayout heads_;
  int64_t layers_;
  std::map<std::string, LayerBases> bases_;
};

/// The outputs of a spec, [T, H·d].
inline Matrix<float> run(std::string_view spec, const Inputs& in, const LogitRule& rule,
                         const TestBases& bases, WeightsObserver* observer = nullptr,
                         LayerIndex layer = {0}) {
  Matrix<float> out(in.tokens, in.layout.query_heads * in.layout.head_dim);
  make_attention(parse_spec(spec), bases.request())
      ->run({layer, in.q(), in.k(), in.v(), rule, 3, observer}, out);
  return out;
}

}  // namespace aqua::attention
