#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "aqua/attention/attention.hpp"
#include "aqua/core/error.hpp"
#include "aqua/linalg/backend.hpp"
#include "support/inputs.hpp"

namespace aqua::attention {
namespace {

// One query's output in double precision, and a bound on the float32 error of each of its entries.
struct Reference {
  std::vector<double> output;
  double bound = 0.0;
};

/// `rounding`: relative error with which factors enter a product, 0 or 2⁻⁹.
Reference attend_in_double(const Inputs& in, const LogitRule& rule, int64_t h, int64_t i,
                           double rounding) {
  const int64_t g = in.layout.kv_head_of(h);
  const auto d = static_cast<double>(in.layout.head_dim);
  const double scale = rule.scale;
  Reference result{std::vector<double>(static_cast<std::size_t>(in.layout.head_dim))};
  const auto q = in.q().head(h).row(i);
  const int64_t first = std::max<int64_t>(0, i - std::min(rule.window, i + 1) + 1);
  std::vector<double> weights;
  double logit_error = 0.0;
  for (int64_t j = first; j <= i; ++j) {
    const auto k = in.k().head(g).row(j);
    double logit = scale * dot(q, k);
    // d products and sums, each rounding by eps/2 of at most Σ|q||k| <= |q|·|k|.
    logit_error = std::max(logit_error, ((d + 2) * epsilon / 2 + 2.01 * rounding) * scale *
                                            std::sqrt(dot(q, q) * dot(k, k)));
    if (rule.softcap) {
      logit = *rule.softcap * std::tanh(logit / *rule.softcap);
      logit_error += 4 * epsilon * *rule.softcap;
    }
    weights.push_back(logit);
  }
  const double maximum = *std::ranges::max_element(weights);
  double sum = 0.0;
  for (double& w : weights) sum += w = std::exp(w - maximum);
  double largest = 0.0;
  for (int64_t j = first; j <= i; ++j) {
    const auto v = in.v().head(g).row(j);
    const double w = weights[static_cast<std::size_t>(j - first)] / sum;
    for (std::size_t c = 0; c < v.size(); ++c) {
      result.output[c] += w * static_cast<double>(v[c]);
      largest = std::max(largest, std::abs(static_cast<double>(v[c])));
    }
  }
  // A logit's error moves its weight by that much relative, in numerator and denominator;
  // exponential, sums over the keys (again and again shrunk when the maximum grows) and division
  // add their roundings; weights and values are rounded when they are multiplied.
  const auto keys = static_cast<double>(weights.size());
  result.bound = (2 * logit_error + (keys + 8) * epsilon + 2.01 * rounding) * largest;
  return result;
}

class ExactAttention : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() { linalg::use_one_blas_thread(); }
};

void compare_with_double(const Case& c, const Attention& attention, double rounding) {
  const Inputs in(c);
  const int64_t d = c.heads.head_dim;
  constexpr float untouched = 123.0F;
  Matrix<float> rows(c.tokens, c.heads.query_heads * d + 2);
  std::fill_n(rows.data(), rows.size(), untouched);
  const auto out = rows.view().columns(1, c.heads.query_heads * d);
  attention.run({LayerIndex{0}, in.q(), in.k(), in.v(), c.rule}, out);

  for (int64_t h = 0; h < c.heads.query_heads; ++h) {
    for (int64_t i = 0; i < c.tokens; ++i) {
      const Reference expected = attend_in_double(in, c.rule, h, i, rounding);
      for (int64_t e = 0; e < d; ++e) {
        ASSERT_NEAR(out(i, h * d + e), expected.output[static_cast<std::size_t>(e)], expected.bound)
            << "head " << h << ", query " << i << ", dimension " << e;
      }
    }
  }
  for (int64_t i = 0; i < c.tokens; ++i) {
    EXPECT_EQ(rows(i, 0), untouched);
    EXPECT_EQ(rows(i, rows.cols() - 1), untouched);
  }
}

TEST_P(ExactAttention, AgreesWithDouble) {
  compare_with_double(GetParam(), *make_exact_attention(), 0.0);
}

TEST_P(ExactAttention, AgreesWithDoubleOnTheReferenceEngine) {
  const auto attention = make_exact_attention(
      make_product_engine(linalg::ProductLibrary::openblas, linalg::ProductType::float32));
  compare_with_double(GetParam(), *attention, 0.0);
}

TEST_P(ExactAttention, AgreesWithDoubleInBFloat16) {
  if (!linalg::has_bfloat16_products()) GTEST_SKIP() << "this CPU has no bfloat16 products";
  const auto attention = make_exact_attention(make_product_engine(linalg::ProductType::bfloat16));
  compare_with_double(GetParam(), *attention, 0x1p-9);
}

std::vector<Case> cases() {
  constexpr HeadLayout mha{3, 3, 8};
  constexpr HeadLayout gqa{6, 2, 10};
  constexpr HeadLayout mqa{4, 1, 6};
  std::vector<Case> all;
  // Lengths around the blocks of 128 queries and keys.
  for (const int64_t tokens : {1, 2, 127, 128, 129, 300}) {
    for (const HeadLayout& heads : {mha, gqa, mqa}) {
      all.push_back({tokens, heads, rule(heads.head_dim)});
    }
  }
  for (const int64_t head_dim : {2, 3, 16, 33, 64, 80, 128}) {
    all.push_back({40, {2, 1, head_dim}, rule(head_dim)});
  }
  for (const int64_t window : {1, 2, 100, 128, 129, 200, 299}) {
    all.push_back({300, mqa, rule(6, {}, window)});
  }
  all.push_back({100, {40, 1, 4}, rule(4)});  // a group larger than a block of queries
  all.push_back({129, gqa, rule(10, 5.0F)});
  all.push_back({300, gqa, rule(10, 30.0F, 77)});
  // Logits in the thousands: weights are nearly one-hot.
  all.push_back({129, mha, rule(8), 30.0});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Shapes, ExactAttention, testing::ValuesIn(cases()),
                         [](const auto& tested) { return describe(tested.param); });

// The weights that an observer sees are those of the definition, and give the output.
class Watcher : public WeightsObserver {
 public:
  explicit Watcher(int64_t heads, int64_t tokens) {
    for (int64_t h = 0; h < heads; ++h) weights.emplace_back(tokens, tokens);
    seen.resize(static_cast<std::size_t>(heads), 0);
  }
  void observe(const WeightsBlock& block) override {
    const auto h = static_cast<std::size_t>(block.query_head);
    EXPECT_EQ(block.first_query, seen[h]);
    seen[h] += block.weights.rows();
    for (int64_t r = 0; r < block.weights.rows(); ++r) {
      std::ranges::copy(block.weights.row(r),
                        weights[h].row(block.first_query + r).begin() + block.first_key);
    }
  }
  std::vector<Matrix<float>> weights;  // [head] [query, key]
  std::vector<int64_t> seen;           // [head] queries
};

TEST_P(ExactAttention, ObserversSeeTheWeights) {
  const Case& c = GetParam();
  const Inputs in(c);
  const int64_t d = c.heads.head_dim;
  Watcher watcher(c.heads.query_heads, c.tokens);
  Matrix<float> out(c.tokens, c.heads.query_heads * d);
  make_exact_attention()->run({LayerIndex{0}, in.q(), in.k(), in.v(), c.rule, 0, &watcher}, out);
  for (int64_t h = 0; h < c.heads.query_heads; ++h) {
    ASSERT_EQ(watcher.seen[static_cast<std::size_t>(h)], c.tokens);
    const auto& weights = watcher.weights[static_cast<std::size_t>(h)];
    for (int64_t i = 0; i < c.tokens; ++i) {
      double sum = 0.0;
      for (int64_t j = 0; j < c.tokens; ++j) {
        sum += static_cast<double>(weights(i, j));
        if (j > i || j <= i - c.rule.window) {
          ASSERT_EQ(weights(i, j), 0.0F);
        }
      }
      // The sum that they are divided by has a rounding for every key.
      ASSERT_NEAR(sum, 1.0, (static_cast<double>(i) + 8) * epsilon);
      for (int64_t e = 0; e < d; ++e) {
        double expected = 0.0;
        double magnitude = 0.0;
        for (int64_t j = 0; j <= i; ++j) {
          const double term =
              static_cast<double>(weights(i, j)) * in.v().head(c.heads.kv_head_of(h))(j, e);
          expected += term;
          magnitude += std::abs(term);
        }
        ASSERT_NEAR(out(i, h * d + e), expected,
                    (static_cast<double>(i) + 8) * epsilon * magnitude + 1e-30);
      }
    }
  }
}

TEST(ExactAttention, NoTokens) {
  const Inputs in({0, {2, 1, 4}});
  Matrix<float> out(0, 8);
  make_exact_attention()->run({LayerIndex{0}, in.q(), in.k(), in.v(), {}}, out);
}

TEST(ExactAttention, LaterTokensDoNotReachEarlierOnes) {
  const Case c{130, {2, 1, 8}, rule(8)};
  const Inputs in(c);
  Inputs changed(c);
  for (float& value : changed.rows.row(129)) value *= -7.0F;
  Matrix<float> before(130, 16);
  Matrix<float> after(130, 16);
  const auto attention = make_exact_attention();
  attention->run({LayerIndex{0}, in.q(), in.k(), in.v(), c.rule}, before);
  attention->run({LayerIndex{0}, changed.q(), changed.k(), changed.v(), c.rule}, after);
  for (int64_t i = 0; i < 129; ++i) {
    for (int64_t e = 0; e < 16; ++e) ASSERT_EQ(after(i, e), before(i, e)) << "query " << i;
  }
  EXPECT_NE(after(129, 0), before(129, 0));
}

}  // namespace
}  // namespace aqua::attention
