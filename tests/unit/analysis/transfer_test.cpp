// The transfer matrix against the definitions: gaps and aligned differences from per-document sums,
// resampled with the same weights, and which documents correspond.

#include "aqua/analysis/transfer.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "aqua/core/error.hpp"
#include "bootstrap.hpp"
#include "support/activations.hpp"
#include "support/retention_reference.hpp"

namespace aqua::analysis::testing {
namespace {

using capture::Site;

constexpr HeadLayout layout{.query_heads = 4, .kv_heads = 2, .head_dim = 6};
constexpr int64_t replicates = 40;

FakeSource source_of(std::string name, std::vector<SequenceInfo> sequences,
                     std::vector<std::string> documents, uint64_t seed) {
  capture::StreamInfo info = stream(layout, std::move(sequences));
  info.corpus.name = std::move(name);
  info.documents = std::move(documents);
  FakeSource source(std::move(info));
  source.add_random_layer({0}, Site::post_rope, {}, seed);
  source.add_random_layer({3}, Site::post_rope, {}, seed + 50);
  return source;
}

// Documents a, b, c, d; the second text has them in another order, and x that the first has not.
FakeSource first_text() {
  return source_of("en", {sequence(0, {{0, 7}, {1, 5}}), sequence(2, {{1, 6}, {2, 4}, {3, 3}})},
                   {"a", "b", "c", "d"}, 1);
}
FakeSource second_text() {
  return source_of("hi", {sequence(0, {{0, 4}, {1, 6}, {2, 6}}), sequence(0, {{3, 8}, {4, 5}})},
                   {"d", "x", "a", "c", "b"}, 2);
}

NamedBasis basis(std::string name, uint64_t seed) {
  NamedBasis named;
  named.name = std::move(name);
  for (const int32_t layer : {0, 3}) {
    for (uint64_t g = 0; g < 2; ++g) {
      named.heads[{layer}].push_back(orthogonal_basis(6, seed + 10 * layer + g));
    }
  }
  return named;
}

RetentionOptions options() {
  RetentionOptions options;
  options.k_ratios = {0.5};
  options.pairwise = false;
  options.seed = 11;
  options.bootstrap_replicates = replicates;
  options.keep_replicates = true;
  return options;
}

TransferEvaluation evaluate(FakeSource& source, std::vector<int32_t> subset, std::size_t native,
                            int threads = 1) {
  RetentionOptions request = options();
  request.subset = std::move(subset);
  std::vector<NamedBasis> bases;
  bases.push_back(basis("en", 100));
  bases.push_back(basis("hi", 200));
  RetentionMeter meter(request, std::move(bases));
  run(source, meter, threads);
  return {.all = meter.result(), .aligned = meter.subset_result(), .native = native};
}

// Query loss of the model with each document weighted, straight from the definitions.
double plain_loss(const FakeSource& source, const NamedBasis& named, Selection selection,
                  const std::vector<double>& weights) {
  const std::vector<std::vector<int64_t>> no_pairs(2);
  double mean = 0.0;
  for (const int32_t layer : {0, 3}) {
    for (int64_t h = 0; h < 4; ++h) {
      const ReferenceSums sums = reference({.source = source,
                                            .layer = {layer},
                                            .query_head = h,
                                            .basis = named.heads.at({layer})[h / 2],
                                            .k = 3,
                                            .selection = selection,
                                            .pair_queries = no_pairs},
                                           Measure::query_loss, std::ssize(weights));
      mean += sums.value(Measure::query_loss, weights) / 8.0;
    }
  }
  return mean;
}

// Weights of all documents from weights of the i-th of `subset`.
std::vector<double> spread_weights(std::span<const double> weights,
                                   const std::vector<int32_t>& subset, std::size_t documents) {
  std::vector<double> all(documents, 0.0);
  for (std::size_t i = 0; i < subset.size(); ++i) all[subset[i]] = weights[i];
  return all;
}

void expect_interval(const Estimate& found, double value, std::vector<double> differences) {
  // Losses are measured in single precision: means of shares near 1, good to a few times 6e-8.
  EXPECT_NEAR(found.value, value, 1e-6);
  std::sort(differences.begin(), differences.end());
  ASSERT_TRUE(found.low && found.high);
  EXPECT_NEAR(*found.low, quantile(differences, 0.025), 1e-6);
  EXPECT_NEAR(*found.high, quantile(differences, 0.975), 1e-6);
}

TransferResult assembled(FakeSource& first, FakeSource& second, int threads = 1) {
  std::vector<NamedBasis> bases;
  bases.push_back(basis("en", 100));
  bases.push_back(basis("hi", 200));
  Workers workers(threads);
  return assemble_transfer(
      {{.name = "en", .file = {}, .corpora = {}}, {.name = "hi", .file = {}, .corpora = {}}},
      {evaluate(first, {0, 1, 2, 3}, 0, threads), evaluate(second, {2, 4, 3, 0}, 1, threads)},
      bases, workers);
}

TEST(Transfer, GapsResampleBothTermsOverTheSameDocuments) {
  FakeSource first = first_text();
  FakeSource second = second_text();
  const TransferResult result = assembled(first, second);
  const Matrix<double> weights = bootstrap_weights(replicates, 5, 11);
  int checked = 0;
  for (std::size_t m = 0; m < result.measures.size(); ++m) {
    if (result.measures[m].measure != Measure::query_loss) continue;
    const Selection selection = result.measures[m].selection;
    const auto& cell = result.cells[m][0][1];  // fitted on en, measured on hi
    ASSERT_TRUE(cell.gap);
    EXPECT_FALSE(result.cells[m][1][1].gap);
    const auto gap = [&](const std::vector<double>& w) {
      return plain_loss(second, basis("en", 100), selection, w) -
             plain_loss(second, basis("hi", 200), selection, w);
    };
    std::vector<double> differences;
    for (int64_t b = 0; b < replicates; ++b) {
      differences.push_back(gap({weights.row(b).begin(), weights.row(b).end()}));
    }
    expect_interval(cell.gap->model, gap(std::vector<double>(5, 1.0)), differences);
    ++checked;
  }
  EXPECT_EQ(checked, 2);
}

TEST(Transfer, AlignedTextsArePairedByDocument) {
  FakeSource first = first_text();
  FakeSource second = second_text();
  const TransferResult result = assembled(first, second);
  EXPECT_EQ(result.aligned_documents, 4);
  const std::vector<int32_t> first_subset{0, 1, 2, 3};
  const std::vector<int32_t> second_subset{2, 4, 3, 0};
  const Matrix<double> weights = bootstrap_weights(replicates, 4, 11);
  int checked = 0;
  for (const AlignedDifference& difference : result.differences) {
    if (difference.measure.measure != Measure::query_loss || difference.fit != 1) continue;
    const auto value = [&](std::span<const double> w) {
      const Selection selection = difference.measure.selection;
      const NamedBasis fitted = basis("hi", 200);
      return plain_loss(first, fitted, selection, spread_weights(w, first_subset, 4)) -
             plain_loss(second, fitted, selection, spread_weights(w, second_subset, 5));
    };
    std::vector<double> differences;
    for (int64_t b = 0; b < replicates; ++b) differences.push_back(value(weights.row(b)));
    expect_interval(difference.difference.model, value(std::vector<double>(4, 1.0)), differences);
    EXPECT_NEAR(difference.first_value - difference.second_value, difference.difference.model.value,
                1e-12);
    ++checked;
  }
  EXPECT_EQ(checked, 2);
}

TEST(Transfer, DoesNotDependOnTheNumberOfThreads) {
  FakeSource first = first_text();
  FakeSource second = second_text();
  const TransferResult one = assembled(first, second, 1);
  const TransferResult three = assembled(first, second, 3);
  for (std::size_t m = 0; m < one.cells.size(); ++m) {
    EXPECT_EQ(one.cells[m][0][1].value.model.value, three.cells[m][0][1].value.model.value);
    EXPECT_EQ(one.cells[m][0][1].gap->model.low, three.cells[m][0][1].gap->model.low);
  }
  ASSERT_EQ(one.subspaces.size(), 1U);
  EXPECT_EQ(one.subspaces[0].by_k[0].model.overlap, three.subspaces[0].by_k[0].model.overlap);
}

TEST(Transfer, FindingsFollowFromTheInterval) {
  EXPECT_EQ(finding({.value = 1.0, .low = 0.5, .high = 2.0}), Finding::higher);
  EXPECT_EQ(finding({.value = -1.0, .low = -2.0, .high = -0.5}), Finding::lower);
  EXPECT_EQ(finding({.value = 1.0, .low = -0.5, .high = 2.0}), Finding::within_noise);
  EXPECT_EQ(finding({.value = 0.0, .low = 0.0, .high = 0.0}), Finding::within_noise);
  EXPECT_EQ(finding({.value = 1.0, .low = {}, .high = {}}), Finding::no_interval);
}

TEST(Transfer, SubsetsMustHaveCountedTokens) {
  FakeSource first = first_text();
  EXPECT_THROW(evaluate(first, {0, 9}, 0), UsageError);
  EXPECT_THROW(evaluate(first, {0, 0}, 0), UsageError);
}

capture::StreamInfo text(std::string name, std::vector<std::string> ids) {
  std::vector<std::pair<int32_t, int64_t>> runs;
  for (int32_t d = 0; d < std::ssize(ids); ++d) runs.emplace_back(d, 2);
  capture::StreamInfo info = stream(layout, {sequence(0, runs)});
  info.corpus.name = std::move(name);
  info.documents = std::move(ids);
  return info;
}

TEST(Alignment, FindsTextsThatShareIds) {
  const std::vector<capture::StreamInfo> texts{
      text("code", {"1", "2", "3"}), text("en", {"a", "b", "c"}), text("fr", {"1", "2", "3"}),
      text("hi", {"c", "z", "a"})};
  const Alignment alignment = align_documents(texts, {});
  EXPECT_EQ(alignment.corpora, (std::vector<std::size_t>{1, 3}));
  ASSERT_EQ(alignment.documents.size(), 2U);
  EXPECT_EQ(alignment.documents[0], (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(alignment.documents[1], (std::vector<int32_t>{2, 0}));
}

TEST(Alignment, NumbersCountOnlyWhenAskedFor) {
  const std::vector<capture::StreamInfo> texts{text("code", {"1", "2", "3"}),
                                               text("fr", {"3", "1"})};
  EXPECT_TRUE(align_documents(texts, {}).corpora.empty());
  const Alignment alignment = align_documents(texts, std::vector<std::size_t>{0, 1});
  EXPECT_EQ(alignment.documents[0], (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(alignment.documents[1], (std::vector<int32_t>{1, 0}));
}

TEST(Alignment, AskedForAndMissingIsAnError) {
  const std::vector<capture::StreamInfo> texts{text("en", {"a", "b"}), text("hi", {"a", "c"})};
  EXPECT_TRUE(align_documents(texts, {}).corpora.empty());
  try {
    align_documents(texts, std::vector<std::size_t>{0, 1});
    FAIL() << "expected an error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "aligned corpora en, hi: expected at least 2 documents of the same id, found 1");
  }
}

}  // namespace
}  // namespace aqua::analysis::testing
