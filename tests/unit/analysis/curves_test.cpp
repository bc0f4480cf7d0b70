// Loss curves and plans against numpy (tests/golden/analysis/make_plan_goldens.py) and against the
// retention meter.
#include "aqua/analysis/curves.hpp"

#include <gmock/gmock.h>

#include "aqua/analysis/allocation.hpp"
#include "aqua/core/error.hpp"
#include "support/golden_case.hpp"

namespace aqua::analysis::testing {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

Selection selection_named(const std::string& name) {
  return name == "static" ? Selection::fixed : Selection::dynamic;
}

Measure measure_named(const std::string& name) {
  return name == "query_loss" ? Measure::query_loss : Measure::query_energy_loss;
}

// Rotated entries are off by less than (d + 1)·2⁻²⁴·‖q‖, so that shares of the energy are off by
// less than 2·sqrt(d)·(d + 1)·2⁻²⁴ = 3e-6 at d = 8, and norms, whose derivative is
// 1/(2·sqrt(share)) with shares above 1/d for the largest entries, by 1.5 times that; static slices
// can keep little of a query and lose a digit more.
constexpr double tolerance = 3e-5;

TEST(CurveMeter, AgreesWithNumpy) {
  const Json retention = golden("retention.json");
  const Json plans = golden("plan.json");
  ASSERT_EQ(plans["results"].size(), 4U);
  for (const Json& expected : plans["results"]) {
    SCOPED_TRACE(expected["selection"].get<std::string>() + " " +
                 expected["measure"].get<std::string>());
    for (const int threads : {1, 3}) {
      FakeSource source = source_of(retention);
      CurveMeter meter(std::move(bases_of(retention)[0]), capture::Site::post_rope,
                       selection_named(expected["selection"]));
      run(source, meter, threads);
      const LossCurves curves = meter.curves(measure_named(expected["measure"]), 1);
      ASSERT_EQ(curves.values.rows(), std::ssize(expected["curves"]));
      for (int64_t g = 0; g < curves.values.rows(); ++g) {
        for (int64_t j = 0; j < curves.values.cols(); ++j) {
          EXPECT_NEAR(curves.values(g, j), expected["curves"][g][j].get<double>(), tolerance);
        }
      }
      for (std::size_t b = 0; b < expected["budgets"].size(); ++b) {
        const Allocation found =
            allocate({.curves = curves.values, .budget = expected["budgets"][b], .limit = {}});
        EXPECT_NEAR(found.mean, expected["least"][b].get<double>(), tolerance);
      }
    }
  }
}

TEST(CurveMeter, DynamicCurvesAreConvex) {
  const Json retention = golden("retention.json");
  FakeSource source = source_of(retention);
  CurveMeter meter(std::move(bases_of(retention)[0]), capture::Site::post_rope, Selection::dynamic);
  run(source, meter);
  EXPECT_TRUE(convex_and_falling(meter.curves(Measure::query_loss, 1).values));
  EXPECT_TRUE(convex_and_falling(meter.curves(Measure::query_energy_loss, 1).values));
  EXPECT_TRUE(convex_and_falling(meter.curves(Measure::query_energy_loss, 2).values));
}

TEST(Curves, OfTheRetentionMeterAreTheSame) {
  const Json retention = golden("retention.json");
  FakeSource source = source_of(retention);
  CurveMeter curve_meter(std::move(bases_of(retention)[0]), capture::Site::post_rope,
                         Selection::dynamic);
  run(source, curve_meter);
  std::vector<NamedBasis> bases = bases_of(retention);
  bases.resize(1);
  RetentionMeter meter(
      {.k_ratios = curve_ratios(8, 2), .pair_queries = 0, .bootstrap_replicates = 0},
      std::move(bases));
  run(source, meter);
  for (const Measure measure : {Measure::query_loss, Measure::query_energy_loss}) {
    const LossCurves expected = curve_meter.curves(measure, 2);
    const LossCurves found = curves_of(meter.result(), measure, Selection::dynamic, 2);
    ASSERT_EQ(found.values.rows(), 2);
    ASSERT_EQ(found.values.cols(), 4);
    // The same sums in another order, of a few dozen numbers up to 1.
    for (int64_t i = 0; i < found.values.size(); ++i) {
      EXPECT_NEAR(found.values.data()[i], expected.values.data()[i], 1e-14);
    }
  }
}

TEST(CurveMeter, RefusesWhatItCannotMeasure) {
  NamedBasis oblique;
  oblique.name = "kq-svd";
  oblique.heads[{0}].push_back(oblique_basis(4, 1));
  oblique.heads[{0}].back().orthogonal = false;
  EXPECT_THAT(
      [&] { CurveMeter(std::move(oblique), capture::Site::post_rope, Selection::dynamic); },
      ThrowsMessage<UsageError>(
          StrEq("basis \"kq-svd\": it does not keep norms, so that query losses are not defined")));

  const Json retention = golden("retention.json");
  FakeSource source(
      stream({.query_heads = 4, .kv_heads = 2, .head_dim = 8}, {sequence(0, {{0, 3}})}));
  source.add_random_layer({1}, capture::Site::post_rope, {}, 1);
  CurveMeter meter(std::move(bases_of(retention)[0]), capture::Site::post_rope, Selection::dynamic);
  EXPECT_THAT([&] { run(source, meter); },
              ThrowsMessage<UsageError>(
                  StrEq("curves: expected layer 0, as a plan needs all of them, found layer 1")));
}

}  // namespace
}  // namespace aqua::analysis::testing
