// A plan measured by the retention meter: every head like the k_ratio that gives its k.
#include <gmock/gmock.h>

#include <cmath>

#include "aqua/analysis/retention.hpp"
#include "aqua/analysis/transfer.hpp"
#include "aqua/core/error.hpp"
#include "support/golden_case.hpp"

namespace aqua::analysis::testing {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

projection::Plan two_heads(int64_t first, int64_t second) {
  projection::Plan plan = projection::uniform_plan({.query_heads = 4, .kv_heads = 2, .head_dim = 8},
                                                   /*layers=*/1, first);
  plan.k[0][1] = second;
  return plan;
}

TEST(PlannedRetention, IsThatOfEachHeadsK) {
  const Json retention = golden("retention.json");
  FakeSource source = source_of(retention);
  RetentionMeter meter({.k_ratios = {0.25, 0.75},
                        .plans = {{.name = "p", .plan = two_heads(6, 2)}},
                        .pair_queries = 0,
                        .bootstrap_replicates = 50},
                       bases_of(retention));
  run(source, meter);
  const RetentionResult result = meter.result();
  ASSERT_EQ(result.settings.size(), 2U * 6U);  // bases × (two ratios and the plan, two selections)
  for (const std::size_t basis : {0U, 6U}) {
    for (const std::size_t selection : {0U, 1U}) {
      const std::size_t planned = basis + 4 + selection;
      EXPECT_EQ(result.settings[planned].plan, "p");
      EXPECT_EQ(result.settings[planned].k_ratio, 0.5);
      for (const MeasureInfo& info : measures()) {
        SCOPED_TRACE(fmt::format("{} {}", basis, info.key));
        const auto heads_of = [&](std::size_t setting) {
          return result.results[setting].at(info.measure).heads[0];
        };
        const auto found = heads_of(planned);
        const auto two = heads_of(basis + selection);
        const auto six = heads_of(basis + 2 + selection);
        for (std::size_t h = 0; h < 4; ++h) {
          const double expected = h < 2 ? six[h] : two[h];
          if (std::isnan(expected)) {
            EXPECT_TRUE(std::isnan(found[h]));
          } else {
            EXPECT_EQ(found[h], expected);
          }
        }
      }
    }
  }
}

TEST(PlannedRetention, DifferencesArePaired) {
  const Json retention = golden("retention.json");
  FakeSource source = source_of(retention);
  std::vector<NamedBasis> bases = bases_of(retention);
  bases.resize(1);
  RetentionMeter meter({.k_ratios = {0.5},
                        .plans = {{.name = "same", .plan = two_heads(4, 4)},
                                  {.name = "more", .plan = two_heads(8, 4)}},
                        .pair_queries = 0,
                        .bootstrap_replicates = 200,
                        .keep_replicates = true},
                       std::move(bases));
  run(source, meter);
  const RetentionResult result = meter.result();
  const auto difference = [&](std::size_t a, std::size_t b) {
    return paired_difference(result.results[a].at(Measure::query_loss),
                             result.results[b].at(Measure::query_loss))
        .model;
  };
  const Estimate same = difference(1, 3);
  EXPECT_EQ(same.value, 0.0);
  EXPECT_EQ(same.low, 0.0);
  EXPECT_EQ(same.high, 0.0);
  const Estimate less = difference(5, 1);
  EXPECT_EQ(less.value, result.results[5].at(Measure::query_loss).model.value -
                            result.results[1].at(Measure::query_loss).model.value);
  EXPECT_LT(*less.low, less.value);
  EXPECT_LT(less.value, *less.high);
  EXPECT_LT(*less.high, 0.0);  // in every document a head that keeps everything loses less
}

TEST(PlannedRetention, RefusesPlansThatDoNotFit) {
  const Json retention = golden("retention.json");
  const auto run_with = [&](projection::Plan plan, std::string name = "p") {
    FakeSource source = source_of(retention);
    RetentionMeter meter({.plans = {{.name = std::move(name), .plan = std::move(plan)}}},
                         bases_of(retention));
    run(source, meter);
  };
  projection::Plan other = two_heads(4, 4);
  other.heads.query_heads = 2;
  EXPECT_THAT([&] { run_with(other); }, ThrowsMessage<UsageError>(StrEq(
                                            "plan \"p\": expected 4 query heads, 2 KV heads, head "
                                            "dimension 8, found 2, 2, 8")));
  EXPECT_THAT([&] { run_with(two_heads(4, 4), ""); },
              ThrowsMessage<UsageError>(StrEq("plans: expected a name, found none")));
}

}  // namespace
}  // namespace aqua::analysis::testing
