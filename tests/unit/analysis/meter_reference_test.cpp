// The whole meter against the definitions, every measure, setting and basis.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aqua/analysis/retention.hpp"
#include "bootstrap.hpp"
#include "measures.hpp"
#include "retention/pair_sampling.hpp"
#include "support/activations.hpp"
#include "support/retention_reference.hpp"

namespace aqua::analysis::testing {
namespace {

constexpr HeadLayout layout{.query_heads = 4, .kv_heads = 2, .head_dim = 8};
constexpr int64_t documents = 5;  // of which 3 has no counted token

// A layer with a sliding window and a soft cap, and one without.
FakeSource make_source() {
  FakeSource source(
      stream(layout, {sequence(0, {{0, 6}, {1, 7}}), sequence(5, {{3, 2}, {1, 6}, {2, 9}, {0, 3}}),
                      sequence(2, {{2, 3}, {4, 4}})}));
  const float scale = 1.0F / std::sqrt(8.0F);
  source.add_random_layer({1}, capture::Site::post_rope,
                          {.scale = scale, .softcap = 3.0F, .window = 6}, 11);
  source.add_random_layer({1}, capture::Site::pre_rope, {.scale = scale, .softcap = {}}, 12);
  source.add_random_layer({3}, capture::Site::post_rope, {.scale = scale, .softcap = {}}, 13);
  source.add_random_layer({3}, capture::Site::pre_rope, {.scale = scale, .softcap = {}}, 14);
  return source;
}

std::vector<NamedBasis> make_test_bases() {
  std::vector<NamedBasis> bases(3);
  bases[0].name = "random";
  bases[1].name = "kq-svd";
  bases[2].name = "identity";
  for (const LayerIndex layer : {LayerIndex{1}, LayerIndex{3}}) {
    for (int64_t g = 0; g < layout.kv_heads; ++g) {
      const auto seed = static_cast<uint64_t>(layer.value * 10 + g);
      bases[0].heads[layer].push_back(orthogonal_basis(layout.head_dim, seed));
      bases[1].heads[layer].push_back(oblique_basis(layout.head_dim, seed));
      auto& identity = bases[2].heads[layer].emplace_back();
      identity.query_map = Matrix<double>::identity(layout.head_dim);
      identity.key_map = Matrix<double>::identity(layout.head_dim);
    }
  }
  return bases;
}

RetentionOptions options_with(int64_t pair_queries) {
  RetentionOptions options;
  options.k_ratios = {0.25, 0.6, 1.0};
  options.pair_queries = pair_queries;
  options.seed = 5;
  options.bootstrap_replicates = 40;
  return options;
}

std::vector<std::vector<int64_t>> sampled(const FakeSource& source,
                                          const RetentionOptions& options) {
  std::vector<std::vector<int64_t>> positions;
  for (const SequenceInfo& s : source.info().sequences) {
    positions.push_back(
        sample_queries(s, std::ssize(positions), options.pair_queries, options.seed));
  }
  return positions;
}

// Rounding in single precision, u = 2⁻²⁴. A rotated vector is off by at most sqrt(d)·(d+2)·u =: e
// of its length (times the maps' condition where they are not orthogonal), a logit by δ = (2e +
// (d+2)u)·‖q̂‖‖k̂‖·scale, one row's weights by 2δ in the 1-norm and 4u each for the exponential; the
// measures follow from these.
double tolerance(const ReferenceRequest& request, Measure measure, double value) {
  constexpr double u = 0x1p-24;
  const auto d = static_cast<double>(layout.head_dim);
  const double condition = request.basis.orthogonal ? 1.0 : d;
  const double e = std::sqrt(d) * (d + 2) * u * condition;
  if (request.site == capture::Site::pre_rope) return 4 * e;
  const Magnitudes size = magnitudes(request);
  const double delta = (2 * e + (d + 2) * u) * size.logit;
  const double weights = 4 * delta + 16 * u;
  switch (measure) {
    case Measure::query_loss:
    case Measure::query_energy_loss:
    case Measure::key_loss:
    case Measure::key_energy_loss:
      return 4 * e;
    case Measure::logit_error:
      return 2 * delta / size.logit_rms * (1 + value);
    case Measure::total_variation:
      return weights;
    case Measure::kl_divergence:
      return weights * (1 + 2 * size.logit);
    case Measure::top1_agreement:
      return 0.0;
    case Measure::output_error:
      return 2 * weights * size.value / size.output_rms * (1 + value);
  }
  return 0.0;
}

const projection::Basis& basis_of(const std::vector<NamedBasis>& bases, const std::string& name,
                                  LayerIndex layer, int64_t query_head) {
  for (const NamedBasis& basis : bases) {
    if (basis.name == name) return basis.heads.at(layer)[layout.kv_head_of(query_head)];
  }
  throw std::logic_error(name);
}

// The multiplicity of each corpus document in a replicate: document 3, without counted tokens,
// takes no part.
std::vector<double> multiplicities(const Matrix<double>& weights, int64_t replicate) {
  const auto row = weights.row(replicate);
  return {row[0], row[1], row[2], 0.0, row[3]};
}

void expect_matches_definitions(int64_t pair_queries, capture::Site site) {
  FakeSource source = make_source();
  const std::vector<NamedBasis> bases = make_test_bases();
  RetentionOptions options = options_with(pair_queries);
  options.site = site;
  const auto positions = sampled(source, options);
  const Matrix<double> weights = bootstrap_weights(options.bootstrap_replicates, 4, options.seed);
  RetentionMeter meter(options, make_test_bases());
  run(source, meter);
  const RetentionResult result = meter.result();

  ASSERT_EQ(result.settings.size(), 3U * 3U * 2U);
  ASSERT_EQ(result.documents, 4);
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const Setting& setting = result.settings[s];
    for (const MeasureInfo& info : measures()) {
      SCOPED_TRACE(fmt::format("{} k={} {} {}", setting.basis, setting.k, name(setting.selection),
                               info.key));
      const MeasureResult& found = result.results[s].at(info.measure);
      const bool orthogonal = setting.basis != "kq-svd";
      if (!is_defined(info, setting.selection, {.site = site, .orthogonal = orthogonal})) {
        EXPECT_TRUE(std::isnan(found.model.value));
        EXPECT_TRUE(std::isnan(found.worst));
        EXPECT_TRUE(std::isnan(found.heads[1][3]));
        EXPECT_FALSE(found.model.low.has_value());
        continue;
      }
      double model = 0.0;
      double worst_tolerance = 0.0;
      double worst = info.higher_is_better ? 1e9 : -1e9;
      std::vector<double> replicates(options.bootstrap_replicates, 0.0);
      for (std::size_t l = 0; l < result.layers.size(); ++l) {
        double mean = 0.0;
        std::vector<double> layer_replicates(options.bootstrap_replicates, 0.0);
        for (int64_t h = 0; h < layout.query_heads; ++h) {
          const ReferenceRequest request{
              .source = source,
              .layer = result.layers[l],
              .query_head = h,
              .basis = basis_of(bases, setting.basis, result.layers[l], h),
              .k = setting.k,
              .selection = setting.selection,
              .pair_queries = positions,
              .site = site};
          const ReferenceSums sums = reference(request, info.measure, documents);
          const double expected = sums.value(info.measure);
          const double bound = tolerance(request, info.measure, expected);
          worst_tolerance = std::max(worst_tolerance, bound);
          EXPECT_NEAR(found.heads[l][h], expected, bound);
          mean += expected / layout.query_heads;
          worst = info.higher_is_better ? std::min(worst, expected) : std::max(worst, expected);
          for (int64_t b = 0; b < options.bootstrap_replicates; ++b) {
            layer_replicates[b] +=
                sums.value(info.measure, multiplicities(weights, b)) / layout.query_heads;
          }
        }
        EXPECT_NEAR(found.layers[l].value, mean, worst_tolerance + 1e-12);
        model += mean / static_cast<double>(result.layers.size());
        for (std::size_t b = 0; b < replicates.size(); ++b) {
          replicates[b] += layer_replicates[b] / static_cast<double>(result.layers.size());
        }
        // A replicate's divisor may be smaller than the whole's: hence the factor.
        std::sort(layer_replicates.begin(), layer_replicates.end());
        EXPECT_NEAR(found.layers[l].low.value(), quantile(layer_replicates, 0.025),
                    4 * worst_tolerance + 1e-12);
        EXPECT_NEAR(found.layers[l].high.value(), quantile(layer_replicates, 0.975),
                    4 * worst_tolerance + 1e-12);
      }
      EXPECT_NEAR(found.model.value, model, worst_tolerance + 1e-12);
      std::sort(replicates.begin(), replicates.end());
      EXPECT_NEAR(found.model.low.value(), quantile(replicates, 0.025),
                  4 * worst_tolerance + 1e-12);
      EXPECT_NEAR(found.model.high.value(), quantile(replicates, 0.975),
                  4 * worst_tolerance + 1e-12);
      EXPECT_NEAR(found.worst, worst, worst_tolerance + 1e-12);
      const auto worst_layer =
          std::find(result.layers.begin(), result.layers.end(), found.worst_layer) -
          result.layers.begin();
      EXPECT_EQ(found.heads[worst_layer][found.worst_head], found.worst);
    }
  }
}

TEST(RetentionMeter, MatchesDefinitionsOverAllQueries) {
  expect_matches_definitions(0, capture::Site::post_rope);
}

TEST(RetentionMeter, MatchesDefinitionsOverSampledQueries) {
  expect_matches_definitions(4, capture::Site::post_rope);
}

TEST(RetentionMeter, MatchesDefinitionsBeforeRotaryEmbedding) {
  expect_matches_definitions(0, capture::Site::pre_rope);
}

TEST(RetentionMeter, KeepingEveryDimensionLosesNothing) {
  FakeSource source = make_source();
  RetentionOptions options = options_with(0);
  options.k_ratios = {1.0};
  RetentionMeter meter(options, make_test_bases());
  run(source, meter);
  const RetentionResult result = meter.result();
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const auto& measured = result.results[s];
    if (result.settings[s].basis != "kq-svd") {
      EXPECT_EQ(measured.at(Measure::query_loss).worst, 0.0);
      EXPECT_EQ(measured.at(Measure::query_energy_loss).worst, 0.0);
      // Under dynamic selection the kept and the whole energy of a key are two products, each off
      // by at most (d+2)·2⁻²⁴.
      EXPECT_NEAR(measured.at(Measure::key_loss).worst, 0.0, 10 * 0x1p-24);
      EXPECT_NEAR(measured.at(Measure::key_energy_loss).worst, 0.0, 20 * 0x1p-24);
    }
    EXPECT_EQ(measured.at(Measure::top1_agreement).worst, 1.0);
    EXPECT_LT(measured.at(Measure::logit_error).worst, 1e-4);
    EXPECT_LT(measured.at(Measure::output_error).worst, 1e-4);
  }
}

// All numbers of a result in a row.
std::vector<double> numbers(const RetentionResult& result) {
  std::vector<double> all;
  const auto add = [&](const Estimate& estimate) {
    for (const double value :
         {estimate.value, estimate.low.value_or(-1), estimate.high.value_or(-1)}) {
      all.push_back(std::isnan(value) ? -2 : value);
    }
  };
  for (const auto& setting : result.results) {
    for (const auto& [measure, found] : setting) {
      add(found.model);
      add({.value = found.worst, .low = {}, .high = {}});
      for (const Estimate& layer : found.layers) add(layer);
      for (const auto& layer : found.heads) {
        for (const double head : layer) add({.value = head, .low = {}, .high = {}});
      }
    }
  }
  return all;
}

TEST(RetentionMeter, ResultsAreEqualForEveryThreadCount) {
  std::vector<double> expected;
  for (const int threads : {1, 4}) {
    FakeSource source = make_source();
    RetentionMeter meter(options_with(4), make_test_bases());
    run(source, meter, threads);
    const RetentionResult result = meter.result();
    if (threads == 1) {
      expected = numbers(result);
      ASSERT_GT(expected.size(), 1000U);
    } else {
      EXPECT_EQ(numbers(result), expected);
    }
  }
}

TEST(RetentionMeter, ASecondRunStartsAfresh) {
  FakeSource source = make_source();
  RetentionMeter meter(options_with(4), make_test_bases());
  run(source, meter);
  const auto first = numbers(meter.result());
  run(source, meter);
  EXPECT_EQ(numbers(meter.result()), first);
}

}  // namespace
}  // namespace aqua::analysis::testing
