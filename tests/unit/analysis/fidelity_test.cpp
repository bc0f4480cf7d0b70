#include "aqua/analysis/fidelity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "aqua/attention/variants.hpp"
#include "aqua/core/random.hpp"
#include "aqua/linalg/backend.hpp"

namespace aqua::analysis {
namespace {

constexpr HeadLayout heads{4, 2, 8};
constexpr LogitRule rule{.scale = 0.35F, .softcap = 6.0F, .window = 25};

struct Sequence {
  Sequence(int64_t length, int64_t first_counted, uint64_t seed)
      : tokens(length), q(length, 32), k(length, 16), v(length, 16) {
    info.first_counted = first_counted;
    info.document.assign(static_cast<std::size_t>(length), 0);
    Random random(seed, Random::Purpose::test);
    for (Matrix<float>* each : {&q, &k, &v}) {
      for (int64_t i = 0; i < each->size(); ++i) {
        each->data()[i] = static_cast<float>(random.normal());
      }
    }
  }
  int64_t tokens;
  SequenceInfo info;
  Matrix<float> q, k, v;
};

// Passes on to the meter and keeps the weights, by layer, sequence, head and query.
class Recorder final : public attention::WeightsObserver {
 public:
  explicit Recorder(FidelityMeter& meter) : meter_(meter) {}
  void observe(const attention::WeightsBlock& block) override {
    meter_.observe(block);
    for (int64_t r = 0; r < block.weights.rows(); ++r) {
      auto& row = weights[{block.input.layer.value, block.input.sequence, block.query_head}]
                         [block.first_query + r];
      for (int64_t c = 0; c < block.weights.cols(); ++c) {
        row[block.first_key + c] = block.weights(r, c);
      }
    }
  }
  std::map<std::tuple<int32_t, int64_t, int64_t>, std::map<int64_t, std::map<int64_t, double>>>
      weights;

 private:
  FidelityMeter& meter_;
};

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

TEST(FidelityMeter, AgreesWithDouble) {
  linalg::use_one_blas_thread();
  const Sequence sequences[] = {Sequence(150, 7, 1), Sequence(40, 0, 2)};
  const SequenceInfo infos[] = {sequences[0].info, sequences[1].info};
  FidelityMeter meter(infos, 2, 4);
  Recorder recorder(meter);
  const auto attention =
      attention::make_attention(attention::parse_spec("h2o:recent=0.05,heavy=0.05"),
                                {.heads = heads, .layers = 2, .bases = {}, .kept = {}});
  for (int32_t layer = 0; layer < 2; ++layer) {
    for (int64_t s = 0; s < 2; ++s) {
      const Sequence& in = sequences[s];
      // Layer 1 attends with keys and values swapped.
      const Matrix<float>& k = layer == 0 ? in.k : in.v;
      const Matrix<float>& v = layer == 0 ? in.v : in.k;
      Matrix<float> out(in.tokens, 32);
      attention->run({.layer = {layer},
                      .q = {in.q.data(), in.tokens, 4, 8},
                      .k = {k.data(), in.tokens, 2, 8},
                      .v = {v.data(), in.tokens, 2, 8},
                      .rule = rule,
                      .sequence = s,
                      .observer = &recorder},
                     out);
    }
  }

  Fidelity expected;
  for (int32_t layer = 0; layer < 2; ++layer) {
    for (int64_t h = 0; h < 4; ++h) {
      double attended = 0.0, hits = 0.0, mass = 0.0, variation = 0.0, error = 0.0, norm = 0.0;
      int64_t queries = 0;
      for (int64_t s = 0; s < 2; ++s) {
        const Sequence& in = sequences[s];
        const auto k = (layer == 0 ? in.k : in.v).view().columns(h / 2 * 8, 8);
        const auto v = (layer == 0 ? in.v : in.k).view().columns(h / 2 * 8, 8);
        for (int64_t i = in.info.first_counted; i < in.tokens; ++i) {
          std::map<int64_t, double> p;
          double sum = 0.0;
          for (int64_t j = std::max<int64_t>(0, i - 24); j <= i; ++j) {
            const double x = 0.35F * dot(in.q.view().columns(h * 8, 8).row(i), k.row(j));
            sum += p[j] = std::exp(6.0 * std::tanh(x / 6.0));
          }
          for (auto& [j, weight] : p) weight /= sum;
          auto& w = recorder.weights.at({layer, s, h}).at(i);
          std::vector<std::pair<double, int64_t>> order;
          for (const auto& [j, weight] : p) order.emplace_back(-weight, j);
          std::ranges::sort(order);
          const auto n =
              std::ranges::count_if(p, [&](const auto& item) { return w[item.first] > 0.0; });
          attended += static_cast<double>(n) / static_cast<double>(p.size());
          double hit = 0.0;
          for (int64_t rank = 0; rank < n; ++rank) hit += w[order[rank].second] > 0.0 ? 1.0 : 0.0;
          hits += hit / static_cast<double>(n);
          for (const auto& [j, weight] : p) {
            if (w[j] > 0.0) mass += weight;
            variation += 0.5 * std::abs(weight - w[j]);
          }
          for (int64_t e = 0; e < 8; ++e) {
            double exact = 0.0, found = 0.0;
            for (const auto& [j, weight] : p) {
              exact += weight * double{v(j, e)};
              found += w[j] * double{v(j, e)};
            }
            error += (exact - found) * (exact - found);
            norm += exact * exact;
          }
          ++queries;
        }
      }
      const auto share = 1.0 / 8.0 / static_cast<double>(queries);
      expected.attended_share += share * attended;
      expected.hit_rate += share * hits;
      expected.exact_mass += share * mass;
      expected.total_variation += share * variation;
      expected.output_error += std::sqrt(error / norm) / 8.0;
      expected.queries = queries;
    }
  }
  const Fidelity found = mean_fidelity(meter.take());
  EXPECT_EQ(found.queries, expected.queries);
  // Weights of float32 logits below 6 err by some 1e-6 relative.
  EXPECT_NEAR(found.attended_share, expected.attended_share, 1e-12);
  EXPECT_NEAR(found.hit_rate, expected.hit_rate, 1e-12);
  EXPECT_NEAR(found.exact_mass, expected.exact_mass, 1e-5);
  EXPECT_NEAR(found.total_variation, expected.total_variation, 1e-5);
  EXPECT_NEAR(found.output_error, expected.output_error, 1e-5);
  EXPECT_LT(found.hit_rate, 0.95);
  EXPECT_LT(found.attended_share, 0.9);
}

}  // namespace
}  // namespace aqua::analysis
