// From document sums to values and intervals, against plain loops over the same resampling weights.

#include "retention/assembly.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aqua/core/random.hpp"
#include "bootstrap.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

constexpr int64_t heads = 3;
constexpr int64_t documents = 7;

std::vector<Setting> two_settings() {
  return {{.basis = "aqua", .k_ratio = 0.5, .k = 2, .selection = Selection::fixed},
          {.basis = "aqua", .k_ratio = 0.5, .k = 2, .selection = Selection::dynamic}};
}

LayerSums random_sums(const SumLayout& layout, uint64_t seed) {
  LayerSums sums(documents, layout);
  Random random(seed, Random::Purpose::test);
  for (int64_t d = 0; d < documents; ++d) {
    for (double& value : sums.sums.row(d)) value = 0.5 + random.uniform();
  }
  return sums;
}

double reference(const LayerSums& sums, const SumLayout& layout, int64_t setting, Measure measure,
                 Selection selection, int64_t head, std::span<const double> weight) {
  double sum = 0.0;
  double total = 0.0;
  for (int64_t d = 0; d < documents; ++d) {
    sum += weight[d] * sums.sums(d, layout.sum(setting, measure, head));
    total += weight[d] * sums.sums(d, layout.total(total_of(measure, selection), head));
  }
  const bool relative = measure == Measure::logit_error || measure == Measure::output_error;
  return relative ? std::sqrt(sum / total) : sum / total;
}

TEST(Assembly, ValuesAndIntervalsAreThoseOfPlainLoops) {
  RetentionOptions options;
  options.seed = 9;
  options.bootstrap_replicates = 60;
  Assembly assembly(two_settings(), {true, true}, heads, documents, options);
  const SumLayout& layout = assembly.layout();
  const LayerSums first = random_sums(layout, 1);
  const LayerSums second = random_sums(layout, 2);
  Workers workers(2);
  assembly.add_layer({4}, first, workers);
  assembly.add_layer({6}, second, workers);
  const auto results = assembly.results();

  const Matrix<double> weights = bootstrap_weights(60, documents, 9);
  const std::vector<double> once(documents, 1.0);
  for (int64_t s = 0; s < 2; ++s) {
    const Selection selection = two_settings()[s].selection;
    for (const MeasureInfo& info : measures()) {
      const auto layer_mean = [&](const LayerSums& sums, std::span<const double> weight) {
        double mean = 0.0;
        for (int64_t h = 0; h < heads; ++h) {
          mean += reference(sums, layout, s, info.measure, selection, h, weight) / heads;
        }
        return mean;
      };
      std::vector<double> of_layer;
      std::vector<double> of_model;
      for (int64_t b = 0; b < 60; ++b) {
        of_layer.push_back(layer_mean(second, weights.row(b)));
        of_model.push_back(0.5 * (layer_mean(first, weights.row(b)) + of_layer.back()));
      }
      std::sort(of_layer.begin(), of_layer.end());
      std::sort(of_model.begin(), of_model.end());
      const MeasureResult& found = results[s].at(info.measure);
      // Double arithmetic on numbers near one: a few hundred roundings at most.
      constexpr double bound = 1e-13;
      EXPECT_NEAR(found.heads[1][2], reference(second, layout, s, info.measure, selection, 2, once),
                  bound);
      EXPECT_NEAR(found.layers[1].value, layer_mean(second, once), bound);
      EXPECT_NEAR(found.layers[1].low.value(), quantile(of_layer, 0.025), bound);
      EXPECT_NEAR(found.layers[1].high.value(), quantile(of_layer, 0.975), bound);
      EXPECT_NEAR(found.model.value, 0.5 * (layer_mean(first, once) + layer_mean(second, once)),
                  bound);
      EXPECT_NEAR(found.model.low.value(), quantile(of_model, 0.025), bound);
      EXPECT_NEAR(found.model.high.value(), quantile(of_model, 0.975), bound);
    }
  }
}

TEST(Assembly, TheWorstHeadIsTheHighestOrForAgreementTheLowest) {
  RetentionOptions options;
  Assembly assembly(two_settings(), {true, true}, heads, documents, options);
  const SumLayout& layout = assembly.layout();
  LayerSums first = random_sums(layout, 1);
  LayerSums second = random_sums(layout, 2);
  for (int64_t d = 0; d < documents; ++d) {
    first.sums(d, layout.sum(0, Measure::query_loss, 1)) = 100.0;
    second.sums(d, layout.sum(0, Measure::top1_agreement, 2)) = 0.01;
  }
  Workers workers(1);
  assembly.add_layer({4}, first, workers);
  assembly.add_layer({6}, second, workers);
  const auto results = assembly.results();
  const MeasureResult& loss = results[0].at(Measure::query_loss);
  EXPECT_EQ(loss.worst_layer.value, 4);
  EXPECT_EQ(loss.worst_head, 1);
  EXPECT_EQ(loss.worst, loss.heads[0][1]);
  const MeasureResult& agreement = results[0].at(Measure::top1_agreement);
  EXPECT_EQ(agreement.worst_layer.value, 6);
  EXPECT_EQ(agreement.worst_head, 2);
  EXPECT_EQ(agreement.worst, agreement.heads[1][2]);
}

TEST(Assembly, ALayerWithoutTheMeasureIsLeftOut) {
  RetentionOptions options;
  options.bootstrap_replicates = 20;
  Assembly assembly(two_settings(), {true, true}, heads, documents, options);
  LayerSums first = random_sums(assembly.layout(), 1);
  first.has_values = false;
  const LayerSums second = random_sums(assembly.layout(), 2);
  Workers workers(1);
  assembly.add_layer({4}, first, workers);
  assembly.add_layer({6}, second, workers);
  const auto results = assembly.results();
  const MeasureResult& error = results[0].at(Measure::output_error);
  EXPECT_TRUE(std::isnan(error.layers[0].value));
  EXPECT_EQ(error.model.value, error.layers[1].value);
  EXPECT_EQ(error.model.low, error.layers[1].low);
  EXPECT_EQ(error.model.high, error.layers[1].high);
  EXPECT_EQ(error.worst_layer.value, 6);
}

TEST(Assembly, ReplicatesWithoutAnyCountAreDropped) {
  // Only one of seven documents holds sampled queries: a third of the replicates miss it.
  RetentionOptions options;
  options.bootstrap_replicates = 50;
  Assembly assembly(two_settings(), {true, true}, heads, documents, options);
  const SumLayout& layout = assembly.layout();
  LayerSums sums = random_sums(layout, 1);
  for (int64_t d = 1; d < documents; ++d) {
    for (int64_t h = 0; h < heads; ++h) {
      sums.sums(d, layout.total(Total::sampled_queries, h)) = 0.0;
      sums.sums(d, layout.sum(0, Measure::total_variation, h)) = 0.0;
    }
  }
  Workers workers(1);
  assembly.add_layer({0}, sums, workers);
  const Estimate estimate = assembly.results()[0].at(Measure::total_variation).model;
  ASSERT_TRUE(estimate.low.has_value());
  EXPECT_NEAR(*estimate.low, estimate.value, 1e-13);
  EXPECT_NEAR(*estimate.high, estimate.value, 1e-13);
}

}  // namespace
}  // namespace aqua::analysis::testing
