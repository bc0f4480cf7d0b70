// Statistics of parts of a text: which tokens are in which part, and that parts merge to the whole.

#include <gmock/gmock.h>

#include "aqua/analysis/convergence.hpp"
#include "aqua/analysis/fit.hpp"
#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

using capture::Site;

constexpr HeadLayout layout{.query_heads = 4, .kv_heads = 2, .head_dim = 3};
const store::SiteKey key{{0}, Site::post_rope};

// 9 + 8 + 5 counted tokens of documents 0, 1 and 2.
FakeSource make_source() {
  FakeSource source(stream(layout, {sequence(0, {{0, 9}}), sequence(4, {{0, 6}, {1, 6}}),
                                    sequence(1, {{1, 2}, {2, 4}})}));
  source.add_random_layer({0}, Site::post_rope, {}, 5);
  return source;
}

// XᵀX of the keys of KV head 1 over the tokens that `wanted` picks, one product at a time.
template <class Wanted>
Matrix<double> key_gram(const FakeSource& source, Wanted wanted) {
  Matrix<double> gram(3, 3);
  for (int64_t s = 0; s < 3; ++s) {
    const capture::QkEvent event = source.view({0}, Site::post_rope, s);
    for (int64_t t = source.info().sequences[s].first_counted; t < event.k.tokens(); ++t) {
      if (!wanted(s, t)) continue;
      for (int64_t r = 0; r < 3; ++r) {
        for (int64_t c = 0; c < 3; ++c) {
          gram(r, c) += static_cast<double>(event.k.head(1)(t, r)) *
                        static_cast<double>(event.k.head(1)(t, c));
        }
      }
    }
  }
  return gram;
}

// RᵀR = G up to n·d·eps·‖G‖, as in fit_test.
void expect_factor_of(const projection::RFactor& factor, const Matrix<double>& gram) {
  double scale = 1e-300;
  for (int64_t i = 0; i < 3; ++i) scale = std::max(scale, gram(i, i));
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t j = 0; j < 3; ++j) {
      double product = 0.0;
      for (int64_t r = 0; r < 3; ++r) product += factor.r()(r, i) * factor.r()(r, j);
      EXPECT_NEAR(product, gram(i, j), 1e-13 * scale);
    }
  }
}

std::vector<FitStatistics> fit(FakeSource& source, TokenParts parts, int threads) {
  FitSink sink({Site::post_rope}, std::move(parts));
  run(source, sink, threads);
  return sink.take_parts();
}

TEST(TokenParts, ByTokensCutInsideSequencesAndLeaveTheRestOut) {
  FakeSource source = make_source();
  const std::vector<int64_t> ends{2, 12, 13};
  const TokenParts parts = parts_by_tokens(source.info(), ends);
  EXPECT_EQ(parts.part[0], (std::vector<int32_t>{0, 0, 1, 1, 1, 1, 1, 1, 1}));
  // The first four tokens are context; tokens 9, 10, 11 | 12 | 13 … follow.
  EXPECT_EQ(std::vector<int32_t>(parts.part[1].begin() + 4, parts.part[1].end()),
            (std::vector<int32_t>{1, 1, 1, 2, -1, -1, -1, -1}));
  EXPECT_EQ(parts.part[2].back(), -1);

  const auto found = fit(source, parts, 1);
  ASSERT_EQ(found.size(), 3U);
  const int64_t counts[] = {2, 10, 1};
  for (int32_t p = 0; p < 3; ++p) {
    const projection::RFactor& factor = found[p].at(key)[1].key;
    EXPECT_EQ(factor.count(), counts[p]);
    EXPECT_EQ(found[p].at(key)[1].query.count(), 2 * counts[p]);
    expect_factor_of(factor,
                     key_gram(source, [&](int64_t s, int64_t t) { return parts.part[s][t] == p; }));
  }
}

TEST(TokenParts, PrefixesAreWhatTheFirstTokensGive) {
  FakeSource source = make_source();
  const std::vector<int64_t> ends{2, 12, 22};
  const auto found = prefixes(fit(source, parts_by_tokens(source.info(), ends), 2));
  for (std::size_t i = 0; i < ends.size(); ++i) {
    int64_t number = 0;
    EXPECT_EQ(found[i].at(key)[1].key.count(), ends[i]);
    expect_factor_of(found[i].at(key)[1].key,
                     key_gram(source, [&](int64_t, int64_t) { return number++ < ends[i]; }));
  }
  // All tokens: the same rows as without parts.
  FitSink whole({Site::post_rope});
  run(source, whole);
  EXPECT_EQ(whole.take().at(key)[0].query.count(), found[2].at(key)[0].query.count());
}

TEST(TokenParts, ByDocumentAndEqualForEveryThreadCount) {
  FakeSource source = make_source();
  const std::vector<int32_t> part_of{1, -1, 0};
  const TokenParts parts = parts_by_document(source.info(), part_of);
  EXPECT_EQ(parts.count, 2);
  const auto one = fit(source, parts, 1);
  const auto three = fit(source, parts, 3);
  for (int32_t p = 0; p < 2; ++p) {
    const auto& factor = one[p].at(key)[1].key;
    expect_factor_of(factor, key_gram(source, [&](int64_t s, int64_t t) {
                       return part_of[source.info().sequences[s].document[t]] == p;
                     }));
    for (int64_t r = 0; r < 3; ++r) {
      for (int64_t c = 0; c < 3; ++c)
        EXPECT_EQ(factor.r()(r, c), three[p].at(key)[1].key.r()(r, c));
    }
  }
}

TEST(TokenParts, AreChecked) {
  FakeSource source = make_source();
  EXPECT_THROW(parts_by_tokens(source.info(), std::vector<int64_t>{4, 4}), UsageError);
  EXPECT_THROW(parts_by_tokens(source.info(), std::vector<int64_t>{0}), UsageError);
  TokenParts wrong = parts_by_tokens(source.info(), std::vector<int64_t>{4});
  wrong.part.pop_back();
  EXPECT_THROW(fit(source, wrong, 1), UsageError);
  wrong = parts_by_tokens(source.info(), std::vector<int64_t>{4});
  wrong.part[1].pop_back();
  EXPECT_THROW(fit(source, wrong, 1), UsageError);
  wrong = parts_by_tokens(source.info(), std::vector<int64_t>{4});
  wrong.part[1][0] = 1;
  EXPECT_THROW(fit(source, wrong, 1), UsageError);
}

TEST(Convergence, CountsDoubleAndEndWithAll) {
  EXPECT_EQ(doubling_counts(100, 1000), (std::vector<int64_t>{100, 200, 400, 800, 1000}));
  EXPECT_EQ(doubling_counts(128, 512), (std::vector<int64_t>{128, 256, 512}));
  EXPECT_EQ(doubling_counts(600, 512), (std::vector<int64_t>{512}));
  EXPECT_EQ(doubling_counts(1, INT64_MAX).back(), INT64_MAX);
  EXPECT_THROW(doubling_counts(0, 5), UsageError);
}

}  // namespace
}  // namespace aqua::analysis::testing
