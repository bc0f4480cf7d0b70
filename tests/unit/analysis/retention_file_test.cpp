// A measured text read back from its file is the same to the last bit.

#include "aqua/analysis/retention_file.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <fstream>

#include "aqua/core/error.hpp"
#include "support/activations.hpp"
#include "temporary_folder.hpp"

namespace aqua::analysis::testing {
namespace {

constexpr HeadLayout layout{.query_heads = 4, .kv_heads = 2, .head_dim = 6};

RetentionOptions options_of(std::vector<int32_t> subset) {
  RetentionOptions options;
  options.k_ratios = {0.5, 1.0};
  options.bootstrap_replicates = 7;
  options.keep_replicates = true;
  options.subset = std::move(subset);
  return options;
}

MeasuredText measure(const RetentionOptions& options) {
  FakeSource source(stream(layout, {sequence(0, {{0, 7}, {1, 5}}), sequence(2, {{1, 6}, {2, 4}})}));
  source.add_random_layer({1}, capture::Site::post_rope, {}, 3);
  source.with_values = false;  // the output error is not defined
  std::vector<NamedBasis> bases(1);
  bases[0].name = "fit on \"en\"";
  bases[0].heads[{1}].push_back(orthogonal_basis(6, 1));
  bases[0].heads[{1}].push_back(orthogonal_basis(6, 2));
  RetentionMeter meter(options, std::move(bases));
  run(source, meter);
  MeasuredText measured{.all = meter.result(), .subset = {}};
  if (!options.subset.empty()) measured.subset = meter.subset_result();
  return measured;
}

bool same(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return same(x, y); });
}

void expect_same(const Estimate& a, const Estimate& b) {
  EXPECT_TRUE(same(a.value, b.value));
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
}

void expect_same(const RetentionResult& a, const RetentionResult& b) {
  EXPECT_EQ(a.documents, b.documents);
  EXPECT_EQ(a.queries_per_head, b.queries_per_head);
  EXPECT_EQ(a.pair_queries_per_head, b.pair_queries_per_head);
  EXPECT_EQ(a.pairs_per_head, b.pairs_per_head);
  EXPECT_EQ(a.zero_queries, b.zero_queries);
  EXPECT_EQ(a.zero_keys, b.zero_keys);
  EXPECT_EQ(a.layers, b.layers);
  ASSERT_EQ(a.settings.size(), b.settings.size());
  for (std::size_t s = 0; s < a.settings.size(); ++s) {
    EXPECT_EQ(a.settings[s].basis, b.settings[s].basis);
    EXPECT_EQ(a.settings[s].k_ratio, b.settings[s].k_ratio);
    EXPECT_EQ(a.settings[s].k, b.settings[s].k);
    EXPECT_EQ(a.settings[s].selection, b.settings[s].selection);
    for (const MeasureInfo& info : measures()) {
      const MeasureResult& x = a.results[s].at(info.measure);
      const MeasureResult& y = b.results[s].at(info.measure);
      expect_same(x.model, y.model);
      EXPECT_TRUE(same(x.worst, y.worst));
      EXPECT_EQ(x.worst_layer, y.worst_layer);
      EXPECT_EQ(x.worst_head, y.worst_head);
      ASSERT_EQ(x.layers.size(), y.layers.size());
      for (std::size_t l = 0; l < x.layers.size(); ++l) {
        expect_same(x.layers[l], y.layers[l]);
        EXPECT_TRUE(same(x.heads[l], y.heads[l]));
        EXPECT_TRUE(same(x.layer_replicates[l], y.layer_replicates[l]));
      }
      EXPECT_TRUE(same(x.replicates, y.replicates));
    }
  }
}

TEST(RetentionFile, ReadsBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  for (const std::vector<int32_t>& subset : {std::vector<int32_t>{}, std::vector<int32_t>{2, 0}}) {
    const RetentionOptions options = options_of(subset);
    const MeasuredText written = measure(options);
    const auto file = folder.path() / "part.safetensors";
    write_measured(file, written);
    const MeasuredText read = read_measured(file, written.all.model, written.all.corpus, options);
    expect_same(written.all, read.all);
    ASSERT_EQ(read.subset.has_value(), !subset.empty());
    if (read.subset) expect_same(*written.subset, *read.subset);
  }
}

TEST(RetentionFile, WhatDoesNotFitIsRefused) {
  const test::TemporaryFolder folder;
  const RetentionOptions options = options_of({});
  const MeasuredText written = measure(options);
  const auto file = folder.path() / "part.safetensors";
  write_measured(file, written);
  RetentionOptions more = options;
  more.bootstrap_replicates = 9;
  EXPECT_THROW(read_measured(file, written.all.model, written.all.corpus, more), FormatError);
  capture::ModelFacts other = written.all.model;
  other.heads.query_heads = 8;
  EXPECT_THROW(read_measured(file, other, written.all.corpus, options), FormatError);
  EXPECT_THROW(
      read_measured(folder.path() / "none", written.all.model, written.all.corpus, options),
      FormatError);
}

}  // namespace
}  // namespace aqua::analysis::testing
