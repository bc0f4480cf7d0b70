// Dealing documents, spreads and the noise of a choice of text.

#include "aqua/analysis/sensitivity.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "aqua/analysis/convergence.hpp"
#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

TEST(Sensitivity, DocumentsAreDealtInEqualParts) {
  const auto part_of = deal_documents(23, 4, 7, 0);
  ASSERT_EQ(part_of.size(), 23U);
  for (int32_t p = 0; p < 4; ++p) {
    const auto size = std::ranges::count(part_of, p);
    EXPECT_TRUE(size == 5 || size == 6) << size;
  }
  EXPECT_EQ(part_of, deal_documents(23, 4, 7, 0));
  EXPECT_NE(part_of, deal_documents(23, 4, 8, 0));
  EXPECT_NE(part_of, deal_documents(23, 4, 7, 1));
  EXPECT_THROW(deal_documents(3, 4, 0, 0), UsageError);
  EXPECT_THROW(deal_documents(3, 1, 0, 0), UsageError);
}

TEST(Sensitivity, SpreadOfValues) {
  const Spread found = spread(std::vector<double>{1.0, 2.0, 6.0});
  EXPECT_DOUBLE_EQ(found.mean, 3.0);
  EXPECT_DOUBLE_EQ(found.deviation, std::sqrt(7.0));  // (4 + 1 + 9)/2
  EXPECT_EQ(found.low, 1.0);
  EXPECT_EQ(found.high, 6.0);
}

NamedBasis one_head(std::string name, uint64_t seed) {
  NamedBasis basis;
  basis.name = std::move(name);
  basis.heads[{0}].push_back(orthogonal_basis(4, seed));
  return basis;
}

// A measured text with the given model losses by basis; one k_ratio, both selections alike.
RetentionResult measured(const std::vector<double>& losses) {
  RetentionResult result;
  result.model.heads = {.query_heads = 1, .kv_heads = 1, .head_dim = 4};
  result.options.k_ratios = {0.5};
  result.layers = {{0}};
  for (const double loss : losses) {
    for (const Selection selection : {Selection::fixed, Selection::dynamic}) {
      Setting setting;
      setting.k_ratio = 0.5;
      setting.k = 2;
      setting.selection = selection;
      result.settings.push_back(setting);
      MeasureResult value;
      value.model.value = loss;
      value.layers = {value.model};
      value.replicates = {loss - 0.01, loss + 0.01};
      value.layer_replicates = {value.replicates};
      result.results.push_back({{Measure::query_loss, value}});
    }
  }
  return result;
}

TEST(Sensitivity, DifferencesAreHeldAgainstPairsOfParts) {
  std::vector<SensitivityGroup> groups(2);
  groups[0].name = "en";
  groups[1].name = "hi";
  for (SensitivityGroup& group : groups) group.parts.resize(3);
  std::vector<NamedBasis> bases;
  for (uint64_t b = 0; b < 6; ++b) bases.push_back(one_head(fmt::format("b{}", b), b));
  // On en: own parts 0.10, 0.11, 0.13; hi's 0.20, 0.20, 0.24.
  const std::vector<RetentionResult> texts{measured({0.10, 0.11, 0.13, 0.20, 0.20, 0.24}),
                                           measured({0.10, 0.20, 0.30, 0.15, 0.20, 0.25})};
  Workers workers(2);
  const SensitivityResult result = assemble_sensitivity(std::move(groups), bases, texts, workers);
  ASSERT_EQ(result.losses.size(), 4U);
  const DomainDifference& on_en = result.losses[0].differences.at(0);
  EXPECT_EQ(on_en.group, 1U);
  EXPECT_NEAR(on_en.difference, 0.64 / 3 - 0.34 / 3, 1e-15);
  // Pairs: 0, 0.04, 0.04 of hi and 0.01, 0.02, 0.03 of en: rising 0 0.01 0.02 0.03 0.04 0.04, at
  // place 0.95·5 = 4.75.
  EXPECT_NEAR(on_en.noise, 0.04, 1e-15);
  EXPECT_TRUE(on_en.beyond_noise);
  const DomainDifference& on_hi = result.losses[2].differences.at(0);
  EXPECT_EQ(on_hi.group, 0U);
  EXPECT_NEAR(on_hi.difference, 0.0, 1e-15);
  EXPECT_FALSE(on_hi.beyond_noise);

  // Overlaps: means over the pairs within and between groups.
  double within = 0.0;
  double between = 0.0;
  for (int a = 0; a < 3; ++a) {
    for (int b = a + 1; b < 3; ++b) {
      within += subspace_distance(bases[a].heads.at({0})[0].query_map,
                                  bases[b].heads.at({0})[0].query_map, 2)
                    .overlap /
                3;
    }
    for (int b = 3; b < 6; ++b) {
      between += subspace_distance(bases[a].heads.at({0})[0].query_map,
                                   bases[b].heads.at({0})[0].query_map, 2)
                     .overlap /
                 9;
    }
  }
  EXPECT_NEAR(result.overlaps.at(0).mean[0][0], within, 1e-14);
  EXPECT_NEAR(result.overlaps.at(0).mean[0][1], between, 1e-14);
  EXPECT_EQ(result.overlaps.at(0).mean[1][0], result.overlaps.at(0).mean[0][1]);
  EXPECT_EQ(result.overlaps.at(0).chance, 0.5);
}

ConvergenceResult convergence(const std::vector<double>& losses, double tolerance) {
  std::vector<NamedBasis> bases;
  std::vector<int64_t> counts;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    bases.push_back(one_head(fmt::format("{}", i), i));
    counts.push_back(100 * (static_cast<int64_t>(i) + 1));
  }
  Workers workers(1);
  return assemble_convergence({}, counts, bases, measured(losses), tolerance, workers);
}

TEST(Convergence, SuggestsWhereEveryLaterLossStays) {
  // Replicates of differences have no spread here, so that the value decides.
  const ConvergenceResult result = convergence({0.20, 0.1005, 0.12, 0.1009, 0.1002, 0.1}, 0.01);
  EXPECT_TRUE(result.suggestion.settled);
  EXPECT_EQ(result.suggestion.tokens, 400);  // 200 is near as well, but 300 is not
  EXPECT_NEAR(result.suggestion.change, 0.009, 1e-12);
  EXPECT_NEAR(result.suggestion.last_step, 0.002, 1e-12);
  EXPECT_NEAR(result.points[0].values[0].to_last.value, 0.1, 1e-15);
  EXPECT_EQ(result.points.back().values[0].to_last.value, 0.0);
  EXPECT_NEAR(result.points.back().to_last[0].model.overlap, 1.0, 1e-14);
}

TEST(Convergence, SaysWhenNothingHasSettled) {
  const ConvergenceResult result = convergence({0.3, 0.2, 0.1}, 0.01);
  EXPECT_FALSE(result.suggestion.settled);
  EXPECT_EQ(result.suggestion.tokens, 300);
  EXPECT_NEAR(result.suggestion.last_step, 1.0, 1e-12);
}

}  // namespace
}  // namespace aqua::analysis::testing
