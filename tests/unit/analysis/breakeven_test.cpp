// Break-even: the formula, the crossing, the decode steps' answers, and what a measurement holds.
// How long anything takes is not asserted.
#include "aqua/analysis/breakeven.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "aqua/attention/cost.hpp"
#include "aqua/attention/spec.hpp"
#include "aqua/core/error.hpp"
#include "breakeven/decode_check.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

BreakevenOptions small(const HeadLayout& heads) {
  return {.heads = heads,
          .layers = 2,
          .lengths = {1, 63, 130},
          .k_ratios = {0.25, 1.0},
          .s_ratios = {0.3},
          .repeats = 3,
          .sample_seconds = 1e-7,
          .seed = 5};
}

TEST(Breakeven, FormulaIsTheOneOfTheCosts) {
  for (const HeadLayout& heads :
       {HeadLayout{8, 8, 64}, HeadLayout{8, 2, 64}, HeadLayout{6, 1, 20}}) {
    BreakevenOptions options = small(heads);
    options.k_ratios = {0.25, 0.5};
    options.s_ratios = {0.3};
    for (const BreakevenSetting& setting : breakeven_settings(options)) {
      const auto spec = attention::parse_spec(
          setting.s_ratio == 0.0
              ? fmt::format("aqua:k={}", setting.k_ratio)
              : fmt::format("aqua-memory:s={},k={}", setting.s_ratio, setting.k_ratio));
      const attention::CostShape shape{.heads = heads, .hidden_size = 0};
      const auto saved = [&](int64_t length) {
        return attention::exact_cost(shape, length).attention() -
               attention::step_cost(spec, shape, length).attention();
      };
      // Costs are linear in L: where nothing is saved any more.
      const double at_1 = saved(1);
      const double zero = 1.0 - at_1 / (saved(2) - at_1);
      EXPECT_NEAR(setting.formula_length, zero, 1e-9 * zero) << spec.text;
    }
  }
}

TEST(Breakeven, DesignsFormula) {  // (d² + d²/G + selection)/(d − k)
  const auto settings =
      breakeven_settings({.heads = {8, 4, 64}, .k_ratios = {0.5}, .s_ratios = {}});
  ASSERT_EQ(settings.size(), 1U);
  EXPECT_DOUBLE_EQ(settings[0].formula_length, (4096.0 + 2048.0 + 640.0) / 32.0);
}

TEST(Crossing, IsWhereTheDifferenceChangesSignForGood) {
  const std::vector<int64_t> lengths{100, 200, 400};
  const Crossing between = crossing_of(lengths, {3.0, 1.0, -1.0});
  EXPECT_EQ(between.length, 300.0);
  EXPECT_FALSE(between.from_the_start);
  EXPECT_EQ(crossing_of(lengths, {-1.0, 1.0, -3.0}).length, 250.0);
  EXPECT_EQ(crossing_of(lengths, {1.0, -1.0, 1.0}).length, std::nullopt);
  const Crossing always = crossing_of(lengths, {-1.0, -1.0, -1.0});
  EXPECT_EQ(always.length, 100.0);
  EXPECT_TRUE(always.from_the_start);
}

/// measure_breakeven compares every step with double precision before it times it.
TEST(Breakeven, StepsAreRightForEveryLayout) {
  for (const HeadLayout& heads :
       {HeadLayout{4, 4, 64}, HeadLayout{8, 2, 64}, HeadLayout{6, 1, 20}, HeadLayout{3, 3, 1},
        HeadLayout{40, 1, 8}, HeadLayout{2, 1, 130}}) {
    const BreakevenResult result = measure_breakeven(small(heads), Workers(1));
    ASSERT_EQ(result.settings.size(), 4U);
    ASSERT_EQ(result.crossings.size(), 4U);
    ASSERT_EQ(result.lengths.size(), 3U);
    for (const LengthResult& at : result.lengths) {
      EXPECT_EQ(at.kv_bytes, 2 * heads.kv_heads * at.length * heads.head_dim * 4);
      EXPECT_GE(at.layers_in_turn, 1);
      EXPECT_LE(at.layers_in_turn, 2);
      EXPECT_EQ(at.working_set, at.kv_bytes * at.layers_in_turn);
      EXPECT_GT(at.stream, 0.0);
      EXPECT_EQ(at.standard_tokens.bytes, static_cast<double>(at.kv_bytes));
      ASSERT_EQ(at.aqua.size(), 4U);
      for (std::size_t s = 0; s < 4; ++s) {
        const StepTime& time = at.aqua[s];
        EXPECT_LE(time.low, time.median);
        EXPECT_LE(time.median, time.high);
        const auto d = static_cast<double>(heads.head_dim);
        const auto k = static_cast<double>(result.settings[s].k);
        const double half = static_cast<double>(at.kv_bytes) / 2.0;
        EXPECT_GE(time.bytes, half * (1.0 + k / d) * (1.0 - 1e-12));
        EXPECT_LE(time.bytes, 2.0 * half);
      }
      EXPECT_EQ(at.aqua[1].bytes, static_cast<double>(at.kv_bytes));  // k = d
    }
  }
}

TEST(DecodeReference, SeesAWrongAnswer) {
  const HeadLayout heads{2, 1, 8};
  Random random(1, Random::Purpose::test);
  const auto normal = [&](int64_t rows, int64_t cols) {
    Matrix<float> m(rows, cols);
    for (int64_t i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(random.normal());
    return m;
  };
  const NewToken token{normal(2, 8), normal(1, 8), normal(1, 8)};
  LayerCache cache;
  cache.tokens.push_back(normal(70, 8));
  cache.values.push_back(normal(70, 8));
  std::vector<Matrix<double>> projections;
  projections.push_back(Matrix<double>::identity(8));
  std::vector<Matrix<float>> maps;
  maps.push_back(Matrix<float>::identity(8));
  const DecodeReference reference(heads, token, cache, projections);
  DecodeStep step(heads, 70, std::move(maps));
  Matrix<float> out(2, 8);
  step.standard(token, KeyLayout::tokens, cache, out);
  const Matrix<double> expected = reference.standard();
  double worst = 0.0;
  for (int64_t i = 0; i < out.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(out.data()[i]) - expected.data()[i]));
  }
  EXPECT_LE(worst, reference.tolerance());
  // The tolerance is far below what a wrong key changes.
  cache.tokens[0](10, 0) += 4.0F;
  step.standard(token, KeyLayout::tokens, cache, out);
  worst = 0.0;
  for (int64_t i = 0; i < out.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(out.data()[i]) - expected.data()[i]));
  }
  EXPECT_GT(worst, 10.0 * reference.tolerance());
}

TEST(Breakeven, NamesWhatIsWrong) {
  const auto expect_error = [](auto change, const std::string& message) {
    BreakevenOptions options = small({4, 2, 8});
    change(options);
    EXPECT_THAT([&] { breakeven_settings(options); }, ThrowsMessage<UsageError>(StrEq(message)));
  };
  expect_error(
      [](BreakevenOptions& o) {
        o.lengths = {64, 64};
      },
      "lengths: expected rising numbers from 1, found 64");
  expect_error([](BreakevenOptions& o) { o.lengths = {}; },
               "lengths and k_ratios: expected at least one of each");
  expect_error([](BreakevenOptions& o) { o.s_ratios = {1.0}; },
               "s_ratio: expected a number from 0 to below 1, found 1");
  expect_error([](BreakevenOptions& o) { o.k_ratios = {1.5}; },
               "k_ratio: expected a number above 0 and at most 1, found 1.5");
  expect_error([](BreakevenOptions& o) { o.repeats = 0; }, "repeats: expected 1 or more, found 0");
}

}  // namespace
}  // namespace aqua::analysis::testing
