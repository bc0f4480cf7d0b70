// What all variants have in common: equal to exact attention at the trivial setting, weights that
// observers can rely on, causality, exact layers, refusals.
#include "aqua/attention/variants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aqua/core/error.hpp"
#include "aqua/linalg/backend.hpp"
#include "support/bases.hpp"

namespace aqua::attention {
namespace {

const Case grouped{150, {4, 2, 8}, rule(8)};
const Case windowed{150, {4, 2, 8}, rule(8, 20.0F, 40)};

class Variants : public testing::Test {
 protected:
  static void SetUpTestSuite() { linalg::use_one_blas_thread(); }
  const TestBases bases{{4, 2, 8}, 2};
};

TEST_F(Variants, EqualExactAttentionAtTheTrivialSetting) {
  for (const Case& c : {grouped, windowed}) {
    const Inputs in(c);
    const Matrix<float> exact = run("exact", in, c.rule, bases);
    for (const char* spec :
         {"aqua-static:k=1", "aqua:k=1", "aqua-memory:s=0,k=1", "h2o:recent=1,heavy=0",
          "h2o:recent=0.5,heavy=0.5", "aqua-h2o:k=1,recent=0.4,heavy=0.6", "lrqk:r=0.25,top=1",
          "lrqk:recent=1", "kq-svd:r=1", "loki:r=0.25,top=1", "think:k=1", "think:k=0.2,window=150",
          "sparq:k=1", "quant:bits=32", "quant:bits=32,rotate=1", "aqua-quant:k=1,bits=32",
          "quant:bits=2,per=channel,group=151", "aqua:k=0.125@1"}) {
      const Matrix<float> out = run(spec, in, c.rule, bases);
      double largest = 0.0;
      for (int64_t i = 0; i < out.size(); ++i) {
        largest = std::max(largest, std::abs(double{out.data()[i]} - exact.data()[i]));
      }
      // Logits of about |q||k|/√d = √8 err by (d+2)·eps relative to |q||k| when vectors are rotated
      // (by the condition of KQ-SVD's maps more), weights by as much, outputs by a few of that.
      EXPECT_LE(largest, 2e-5) << spec;
    }
  }
}

// Keeps all weights, [query head] → [T, T].
class Recorder final : public WeightsObserver {
 public:
  Recorder(int64_t heads, int64_t tokens) {
    for (int64_t h = 0; h < heads; ++h) weights.emplace_back(tokens, tokens);
  }
  void observe(const WeightsBlock& block) override {
    EXPECT_EQ(block.input.sequence, 3);
    EXPECT_EQ(block.first_query, next[block.query_head]);
    next[block.query_head] += block.weights.rows();
    for (int64_t r = 0; r < block.weights.rows(); ++r) {
      for (int64_t c = 0; c < block.weights.cols(); ++c) {
        weights[static_cast<std::size_t>(block.query_head)](
            block.first_query + r, block.first_key + c) = block.weights(r, c);
      }
    }
  }
  std::map<int64_t, int64_t> next;
  std::vector<Matrix<float>> weights;
};

TEST_F(Variants, ObserversSeeTheWeightsThatMakeTheOutputs) {
  for (const Case& c : {grouped, windowed}) {
    const Inputs in(c);
    for (const Variant* variant : variants()) {
      Recorder recorder(4, c.tokens);
      const Matrix<float> out = run(variant->name, in, c.rule, bases, &recorder);
      for (int64_t h = 0; h < 4; ++h) {
        ASSERT_EQ(recorder.next[h], c.tokens) << variant->name;
        const auto& weights = recorder.weights[static_cast<std::size_t>(h)];
        for (int64_t i = 0; i < c.tokens; ++i) {
          double sum = 0.0;
          std::vector<double> output(8);
          for (int64_t j = 0; j < c.tokens; ++j) {
            const double w = weights(i, j);
            if (j > i || j < c.rule.first_key(i)) {
              ASSERT_EQ(w, 0.0) << variant->name;
            }
            ASSERT_GE(w, 0.0);
            sum += w;
            for (int64_t e = 0; e < 8; ++e) output[e] += w * double{in.v().head(h / 2)(j, e)};
          }
          // Sums of up to 150 rounded terms.
          ASSERT_NEAR(sum, 1.0, 150 * epsilon) << variant->name;
          for (int64_t e = 0; e < 8; ++e) {
            ASSERT_NEAR(out(i, h * 8 + e), output[e], 150 * 5 * epsilon) << variant->name;
          }
        }
      }
      // Watching changes nothing but the order of sums in exact attention.
      const Matrix<float> unwatched = run(variant->name, in, c.rule, bases);
      const double tolerance = variant->name == "exact" ? 150 * 5 * epsilon : 0.0;
      for (int64_t n = 0; n < out.size(); ++n) {
        ASSERT_NEAR(out.data()[n], unwatched.data()[n], tolerance) << variant->name;
      }
    }
  }
}

TEST_F(Variants, LaterTokensAreNeverAttendedTo) {
  const Inputs in(grouped);
  Inputs changed(grouped);
  // Values alone: keys and queries may take part in choices over the whole sequence (LRQK, ThinK).
  for (int64_t e = 6 * 8; e < 8 * 8; ++e) changed.rows(149, e) += 5.0F;
  for (const Variant* variant : variants()) {
    const Matrix<float> before = run(variant->name, in, grouped.rule, bases);
    const Matrix<float> after = run(variant->name, changed, grouped.rule, bases);
    for (int64_t i = 0; i < 149; ++i) {
      ASSERT_TRUE(std::ranges::equal(before.row(i), after.row(i))) << variant->name;
    }
  }
}

TEST_F(Variants, NoTokensAndOneToken) {
  for (const int64_t tokens : {0, 1}) {
    const Inputs in({tokens, {4, 2, 8}, rule(8)});
    for (const Variant* variant : variants()) {
      const Matrix<float> out = run(variant->name, in, rule(8), bases);
      // One token attends to itself.
      for (int64_t i = 0; i < out.size(); ++i) {
        EXPECT_NEAR(out.data()[i], in.v().head(i / 16)(0, i % 8), 4 * epsilon) << variant->name;
      }
    }
  }
}

TEST_F(Variants, LayersWithoutTheVariantAreExact) {
  const Inputs in(grouped);
  const Matrix<float> exact = run("exact", in, grouped.rule, bases);
  const Matrix<float> everywhere = run("aqua:k=0.25", in, grouped.rule, bases, nullptr, {1});
  const Matrix<float> off = run("aqua:k=0.25@1", in, grouped.rule, bases, nullptr, {0});
  const Matrix<float> on = run("aqua:k=0.25@1", in, grouped.rule, bases, nullptr, {1});
  EXPECT_TRUE(std::equal(off.data(), off.data() + off.size(), exact.data()));
  EXPECT_TRUE(std::equal(on.data(), on.data() + on.size(), everywhere.data()));
  EXPECT_FALSE(std::equal(on.data(), on.data() + on.size(), exact.data()));
}

TEST_F(Variants, APlanGivesEachHeadItsDimensions) {
  const Inputs in(grouped);
  const std::vector<std::vector<int64_t>> kept{{2, 6}, {8, 8}};
  for (const std::string name : {"aqua", "aqua-static", "aqua-h2o", "aqua-quant"}) {
    VariantRequest request = bases.request();
    request.kept = kept;
    Matrix<float> planned(grouped.tokens, 32);
    make_attention(parse_spec(name + ":plan=p"), request)
        ->run({LayerIndex{0}, in.q(), in.k(), in.v(), grouped.rule}, planned);
    const Matrix<float> two = run(name + ":k=0.25", in, grouped.rule, bases);
    const Matrix<float> six = run(name + ":k=0.75", in, grouped.rule, bases);
    for (int64_t i = 0; i < grouped.tokens; ++i) {
      EXPECT_TRUE(std::ranges::equal(planned.row(i).first(16), two.row(i).first(16))) << name;
      EXPECT_TRUE(std::ranges::equal(planned.row(i).last(16), six.row(i).last(16))) << name;
    }
  }
}

std::string refusal(std::string_view spec, const VariantRequest& request) {
  try {
    make_attention(parse_spec(spec), request);
    return "accepted";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST_F(Variants, Refusals) {
  VariantRequest request = bases.request();
  EXPECT_EQ(refusal("aqua@2", request),
            "attention \"aqua@2\": there is no layer 2: the model has layers 0 to 1");
  EXPECT_EQ(refusal("aqua:plan=p", request),
            "attention \"aqua:plan=p\": expected a plan of 2 layers, found 0");
  const std::vector<std::vector<int64_t>> short_plan{{2, 6}, {8}};
  request.kept = short_plan;
  EXPECT_EQ(refusal("aqua:plan=p", request),
            "attention \"aqua:plan=p\": expected a plan of 2 KV heads, found 1");
  const std::vector<std::vector<int64_t>> wide_plan{{2, 9}, {8, 8}};
  request.kept = wide_plan;
  EXPECT_EQ(refusal("aqua:plan=p", request),
            "attention \"aqua:plan=p\": expected a plan of 1 to 8 dimensions, found 9");
  request = bases.request();
  request.layers = 3;
  EXPECT_EQ(refusal("loki", request), "attention \"loki\": no keys basis of layer 2");
  EXPECT_EQ(refusal("loki@0-1", request), "accepted");
  request = bases.request();
  request.heads.head_dim = 16;
  EXPECT_EQ(
      refusal("aqua", request),
      "attention \"aqua\", layer 0: expected 2 KV heads of dimension 16, found 2 of dimension "
      "8");
  request.bases.clear();
  EXPECT_EQ(refusal("kq-svd", request),
            "attention \"kq-svd\": expected bases of method kq-svd, found none");
  EXPECT_EQ(refusal("aqua-memory:s=1", bases.request()),
            "attention \"aqua-memory:s=1\": s: leaves none of 8 dimensions");
}

}  // namespace
}  // namespace aqua::attention
