#include "aqua/analysis/fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

using capture::Site;

constexpr HeadLayout layout{.query_heads = 6, .kv_heads = 2, .head_dim = 5};

FakeSource make_source(uint64_t seed) {
  FakeSource source(stream(
      layout, {sequence(0, {{0, 9}}), sequence(4, {{0, 4}, {1, 8}}), sequence(1, {{2, 2}})}));
  source.add_random_layer({0}, Site::post_rope, {}, seed);
  source.add_random_layer({0}, Site::pre_rope, {}, seed + 100);
  source.add_random_layer({2}, Site::post_rope, {}, seed + 200);
  return source;
}

// XᵀX over the counted tokens of heads [first, first + count) of q (or k), one product at a time.
Matrix<double> gram(const FakeSource& source, LayerIndex layer, Site site, bool queries,
                    int64_t first, int64_t count) {
  Matrix<double> sum(layout.head_dim, layout.head_dim);
  for (int64_t s = 0; s < std::ssize(source.info().sequences); ++s) {
    const capture::QkEvent event = source.view(layer, site, s);
    const auto& x = queries ? event.q : event.k;
    for (int64_t t = source.info().sequences[s].first_counted; t < x.tokens(); ++t) {
      for (int64_t h = first; h < first + count; ++h) {
        for (int64_t r = 0; r < layout.head_dim; ++r) {
          for (int64_t c = 0; c < layout.head_dim; ++c) {
            sum(r, c) +=
                static_cast<double>(x.head(h)(t, r)) * static_cast<double>(x.head(h)(t, c));
          }
        }
      }
    }
  }
  return sum;
}

// ‖RᵀR − G‖ <= 1e-13·‖G‖ entrywise: R in double of about 100 rows is good to n·d·eps = 1e-13.
void expect_factor_of(const projection::RFactor& factor, const Matrix<double>& expected) {
  double scale = 0.0;
  for (int64_t i = 0; i < expected.rows(); ++i) scale = std::max(scale, expected(i, i));
  for (int64_t i = 0; i < expected.rows(); ++i) {
    for (int64_t j = 0; j < expected.cols(); ++j) {
      double product = 0.0;
      for (int64_t r = 0; r < expected.rows(); ++r) product += factor.r()(r, i) * factor.r()(r, j);
      EXPECT_NEAR(product, expected(i, j), 1e-13 * scale);
    }
  }
}

TEST(FitSink, FactorsHoldTheCountedVectorsOfEachGroup) {
  FakeSource source = make_source(1);
  FitSink sink({Site::post_rope, Site::pre_rope});
  run(source, sink);
  const auto statistics = sink.take();
  for (const auto& [layer, site] :
       {store::SiteKey{{0}, Site::post_rope}, store::SiteKey{{0}, Site::pre_rope},
        store::SiteKey{{2}, Site::post_rope}}) {
    const auto& heads = statistics.at({layer, site});
    ASSERT_EQ(heads.size(), 2U);
    for (int64_t g = 0; g < 2; ++g) {
      EXPECT_EQ(heads[g].key.count(), 9 + 8 + 1);
      EXPECT_EQ(heads[g].query.count(), 3 * (9 + 8 + 1));
      expect_factor_of(heads[g].query, gram(source, layer, site, true, 3 * g, 3));
      expect_factor_of(heads[g].key, gram(source, layer, site, false, g, 1));
    }
  }
}

TEST(FitSink, IgnoresSitesThatItWasNotAskedFor) {
  FakeSource source = make_source(1);
  FitSink sink({Site::post_rope});
  EXPECT_THAT(sink.sites(), ::testing::ElementsAre(Site::post_rope));
  EXPECT_FALSE(sink.wants_values());
  run(source, sink);
  EXPECT_EQ(sink.take().count({{0}, Site::pre_rope}), 0U);
}

TEST(FitSink, RunsAddUp) {
  FakeSource a = make_source(1);
  FakeSource b = make_source(2);
  FitSink sink({Site::post_rope});
  run(a, sink);
  run(b, sink);
  const auto statistics = sink.take();
  const auto& key = statistics.at({{2}, Site::post_rope})[1].key;
  EXPECT_EQ(key.count(), 2 * 18);
  Matrix<double> expected = gram(a, {2}, Site::post_rope, false, 1, 1);
  const Matrix<double> other = gram(b, {2}, Site::post_rope, false, 1, 1);
  for (int64_t i = 0; i < 5; ++i) {
    for (int64_t j = 0; j < 5; ++j) expected(i, j) += other(i, j);
  }
  expect_factor_of(key, expected);
  EXPECT_TRUE(sink.take().empty());  // moved out
}

TEST(FitSink, ResultsAreEqualForEveryThreadCount) {
  std::vector<double> results[2];
  for (const int threads : {1, 4}) {
    FakeSource source = make_source(3);
    FitSink sink({Site::post_rope});
    run(source, sink, threads);
    for (const auto& [key, heads] : sink.take()) {
      for (const auto& head : heads) {
        for (int64_t i = 0; i < 5; ++i) {
          for (const double value : head.query.r().row(i)) results[threads == 4].push_back(value);
          for (const double value : head.key.r().row(i)) results[threads == 4].push_back(value);
        }
      }
    }
  }
  ASSERT_EQ(results[0].size(), 2U * 2U * 2U * 25U);
  EXPECT_EQ(results[0], results[1]);
}

TEST(FitSink, NamesWhereAValueIsNotFinite) {
  FakeSource source = make_source(1);
  source.event({2}, Site::post_rope, 1).k(7, 6) = std::numeric_limits<float>::infinity();
  FitSink sink({Site::post_rope});
  try {
    run(source, sink);
    FAIL() << "accepted an infinity";
  } catch (const NumericalError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("layer 2, post_rope, KV head 1, sequence 1: "));
  }
}

TEST(FitSink, DoesNotMixModels) {
  FakeSource source = make_source(1);
  FakeSource other(stream({.query_heads = 2, .kv_heads = 2, .head_dim = 5}, {}));
  FitSink sink({Site::post_rope});
  run(source, sink);
  try {
    run(other, sink);
    FAIL() << "accepted another head layout";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "fake: statistics of different models do not add up: expected 6 query heads, 2 KV "
                 "heads, head dimension 5, found 2, 2, 5");
  }
}

TEST(Solve, GivesEveryHeadItsOwnBasis) {
  FakeSource source = make_source(1);
  FitSink sink({Site::post_rope});
  run(source, sink);
  Workers workers(2);
  const auto solved = solve(sink.take(), workers);
  ASSERT_EQ(solved.size(), 2U);
  for (const auto& [key, heads] : solved) {
    for (int64_t g = 0; g < 2; ++g) {
      const auto& head = heads[g];
      const projection::Basis expected = projection::make_aqua(
          {.statistics = &head.statistics, .head_dim = 5, .layer = key.first, .kv_head = g});
      EXPECT_EQ(head.aqua.singular_values, expected.singular_values);
      EXPECT_EQ(head.aqua.query_map(2, 3), expected.query_map(2, 3));
      EXPECT_EQ(head.statistics.key.count(), 18);
    }
  }
}

}  // namespace
}  // namespace aqua::analysis::testing
