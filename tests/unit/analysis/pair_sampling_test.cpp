#include "retention/pair_sampling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace aqua::analysis {
namespace {

SequenceInfo tokens(int64_t length, int64_t first_counted) {
  return {.first_counted = first_counted,
          .document = std::vector<int32_t>(static_cast<std::size_t>(length), 0)};
}

TEST(PairSampling, TakesEveryCountedPositionWhenAskedOrWhenThereAreFew) {
  const auto expected = ::testing::ElementsAre(3, 4, 5, 6, 7);
  EXPECT_THAT(sample_queries(tokens(8, 3), 0, 0, 1), expected);
  EXPECT_THAT(sample_queries(tokens(8, 3), 0, 5, 1), expected);
  EXPECT_THAT(sample_queries(tokens(8, 3), 0, 9, 1), expected);
  EXPECT_THAT(sample_queries(tokens(8, 8), 0, 4, 1), ::testing::IsEmpty());
}

TEST(PairSampling, DrawsOnePositionFromEachStratum) {
  for (int64_t s = 0; s < 50; ++s) {
    const auto sampled = sample_queries(tokens(110, 10), s, 7, 42);
    ASSERT_EQ(sampled.size(), 7U);
    for (int64_t stratum = 0; stratum < 7; ++stratum) {
      EXPECT_GE(sampled[stratum], 10 + stratum * 100 / 7);
      EXPECT_LT(sampled[stratum], 10 + (stratum + 1) * 100 / 7);
    }
  }
}

TEST(PairSampling, DependsOnSeedAndSequenceOnly) {
  const SequenceInfo sequence = tokens(500, 0);
  EXPECT_EQ(sample_queries(sequence, 3, 20, 1), sample_queries(sequence, 3, 20, 1));
  EXPECT_NE(sample_queries(sequence, 3, 20, 1), sample_queries(sequence, 4, 20, 1));
  EXPECT_NE(sample_queries(sequence, 3, 20, 1), sample_queries(sequence, 3, 20, 2));
}

TEST(PairSampling, EveryPositionHasTheSameShare) {
  // 40 positions in 10 strata of 4: each drawn with probability 1/4. Over 4000 sequences the
  // share's standard deviation is sqrt(0.25·0.75/4000) = 0.0068; five of them are allowed.
  std::vector<double> share(40, 0.0);
  for (int64_t s = 0; s < 4000; ++s) {
    for (const int64_t i : sample_queries(tokens(40, 0), s, 10, 9)) share[i] += 1.0 / 4000;
  }
  for (const double value : share) EXPECT_NEAR(value, 0.25, 5 * 0.0068);
}

}  // namespace
}  // namespace aqua::analysis
