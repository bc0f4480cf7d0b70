// What the meter refuses, counts and leaves undefined.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

constexpr HeadLayout layout{.query_heads = 2, .kv_heads = 1, .head_dim = 4};

std::vector<NamedBasis> one_basis(int64_t kv_heads = 1, int64_t d = 4, int32_t layer = 0) {
  std::vector<NamedBasis> bases(1);
  bases[0].name = "aqua";
  for (int64_t g = 0; g < kv_heads; ++g) {
    bases[0].heads[{layer}].push_back(orthogonal_basis(d, 3));
  }
  return bases;
}

FakeSource source_of(std::vector<SequenceInfo> sequences) {
  FakeSource source(stream(layout, std::move(sequences)));
  source.add_random_layer({0}, capture::Site::post_rope, {.scale = 0.5F, .softcap = {}}, 21);
  return source;
}

RetentionResult measure(FakeSource& source, RetentionOptions options = {}) {
  RetentionMeter meter(std::move(options), one_basis());
  run(source, meter);
  return meter.result();
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(RetentionMeterChecks, RefusesImpossibleOptions) {
  const auto construct = [](RetentionOptions options) {
    return message_of([&] { RetentionMeter(options, one_basis()); });
  };
  EXPECT_EQ(construct({.k_ratios = {}}), "k_ratios: expected at least one");
  EXPECT_EQ(construct({.pair_queries = -1}), "pair_queries: expected 0 or more, found -1");
  EXPECT_EQ(construct({.bootstrap_replicates = -2}),
            "bootstrap_replicates: expected 0 or more, found -2");
  EXPECT_EQ(message_of([] { RetentionMeter({}, {}); }), "bases: expected at least one");
  EXPECT_EQ(message_of([] {
              auto bases = one_basis();
              bases.push_back(std::move(one_basis()[0]));
              RetentionMeter({}, std::move(bases));
            }),
            "bases: \"aqua\" is given twice");
}

TEST(RetentionMeterChecks, RefusesBasesThatDoNotFitTheSource) {
  const auto run_with = [](std::vector<NamedBasis> bases) {
    FakeSource source = source_of({sequence(0, {{0, 3}})});
    RetentionMeter meter({}, std::move(bases));
    return message_of([&] { run(source, meter); });
  };
  EXPECT_EQ(run_with(one_basis(1, 4, 7)), "basis \"aqua\": it has no layer 0");
  EXPECT_EQ(run_with(one_basis(2)), "basis \"aqua\", layer 0: expected 1 KV heads, found 2");
  EXPECT_EQ(run_with(one_basis(1, 8)),
            "basis \"aqua\", layer 0: expected head dimension 4, found 8");
}

TEST(RetentionMeterChecks, RefusesValuesThatAreNotFinite) {
  FakeSource source = source_of({sequence(0, {{0, 3}}), sequence(0, {{1, 3}})});
  source.event({0}, capture::Site::post_rope, 1).q(2, 5) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(message_of([&] { measure(source); }),
            "layer 0, sequence 1: query head 1 holds a value that is not finite");
}

TEST(RetentionMeterChecks, SkipsAndCountsZeroVectors) {
  FakeSource source = source_of({sequence(1, {{0, 4}, {1, 4}})});
  const RetentionResult before = measure(source);
  auto& event = source.event({0}, capture::Site::post_rope, 0);
  // Query head 0 of tokens 0 (context, not counted) and 2; the key of token 3.
  for (int64_t c = 0; c < 4; ++c) event.q(0, c) = event.q(2, c) = event.k(3, c) = 0.0F;
  const RetentionResult after = measure(source);
  EXPECT_EQ(before.zero_queries, 0);
  EXPECT_EQ(before.zero_keys, 0);
  EXPECT_EQ(after.zero_queries, 1);
  EXPECT_EQ(after.zero_keys, 1);
  for (const auto& setting : after.results) {
    for (const auto& [measure, found] : setting) {
      EXPECT_TRUE(std::isfinite(found.model.value));
      EXPECT_GE(found.model.value, 0.0);
    }
  }
  // A zero key keeps all of nothing and loses nothing; counted as a pair it would pull the mean
  // down.
  const auto& loss = after.results[1].at(Measure::key_loss);  // k = 1, dynamic
  EXPECT_GT(loss.model.value, 0.1);
}

TEST(RetentionMeterChecks, AHeadWithOnlyZeroVectorsIsLeftOut) {
  FakeSource source = source_of({sequence(0, {{0, 4}, {1, 4}})});
  auto& event = source.event({0}, capture::Site::post_rope, 0);
  for (int64_t t = 0; t < 8; ++t) {
    for (int64_t c = 0; c < 4; ++c) event.q(t, c) = 0.0F;
  }
  const RetentionResult result = measure(source);
  EXPECT_EQ(result.zero_queries, 8);
  const auto& loss = result.results[0].at(Measure::query_loss);
  EXPECT_TRUE(std::isnan(loss.heads[0][0]));
  EXPECT_EQ(loss.layers[0].value, loss.heads[0][1]);
  EXPECT_EQ(loss.worst_head, 1);
  ASSERT_TRUE(loss.model.low.has_value());
  const auto& error = result.results[0].at(Measure::logit_error);
  EXPECT_TRUE(std::isnan(error.heads[0][0]));
  EXPECT_EQ(error.model.value, error.heads[0][1]);
}

TEST(RetentionMeterChecks, OneDocumentHasNoInterval) {
  FakeSource source = source_of({sequence(0, {{0, 5}})});
  const RetentionResult result = measure(source);
  EXPECT_EQ(result.documents, 1);
  EXPECT_FALSE(result.results[0].at(Measure::query_loss).model.low.has_value());
  EXPECT_TRUE(std::isfinite(result.results[0].at(Measure::query_loss).model.value));
}

TEST(RetentionMeterChecks, NoReplicatesNoIntervals) {
  FakeSource source = source_of({sequence(0, {{0, 5}, {1, 5}})});
  const RetentionResult result = measure(source, {.bootstrap_replicates = 0});
  EXPECT_FALSE(result.results[0].at(Measure::output_error).model.high.has_value());
}

TEST(RetentionMeterChecks, WithoutValuesTheOutputErrorIsNotDefined) {
  FakeSource source = source_of({sequence(0, {{0, 5}, {1, 5}})});
  source.with_values = false;
  const RetentionResult result = measure(source);
  EXPECT_TRUE(std::isnan(result.results[0].at(Measure::output_error).model.value));
  EXPECT_TRUE(std::isfinite(result.results[0].at(Measure::total_variation).model.value));
}

TEST(RetentionMeterChecks, CountsWhatEntered) {
  // 7 and 6 counted positions; window 4.
  FakeSource source(stream(layout, {sequence(0, {{0, 7}}), sequence(3, {{1, 9}})}));
  source.add_random_layer({0}, capture::Site::post_rope,
                          {.scale = 0.5F, .softcap = {}, .window = 4}, 22);
  RetentionResult all = measure(source, {.pair_queries = 0});
  EXPECT_EQ(all.queries_per_head, 13);
  EXPECT_EQ(all.pair_queries_per_head, 13);
  EXPECT_EQ(all.pairs_per_head, (1 + 2 + 3 + 4 * 4) + 6 * 4);
  EXPECT_EQ(measure(source, {.pair_queries = 3}).pair_queries_per_head, 6);
}

TEST(RetentionMeterChecks, AsksForValuesOnlyWhereLogitsAre) {
  const RetentionMeter post({}, one_basis());
  EXPECT_THAT(post.sites(), ::testing::ElementsAre(capture::Site::post_rope));
  EXPECT_TRUE(post.wants_values());
  const RetentionMeter pre({.site = capture::Site::pre_rope}, one_basis());
  EXPECT_THAT(pre.sites(), ::testing::ElementsAre(capture::Site::pre_rope));
  EXPECT_FALSE(pre.wants_values());
}

}  // namespace
}  // namespace aqua::analysis::testing
