#include "aqua/core/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace aqua {
namespace {

using Purpose = Random::Purpose;

// The stream is part of what files mean (random bases, bootstrap): it must never change. The
// expected values come from an independent implementation of SplitMix64's finaliser and MT19937-64
// in Python.
TEST(Random, KeepsItsStream) {
  Random random(42, Purpose::test, 7);
  EXPECT_EQ(random.bits(), 14039037635099917170U);
  EXPECT_EQ(random.bits(), 2909169351322824918U);
}

TEST(Random, StreamsDifferByEachOfTheirNames) {
  const uint64_t first = Random(1, Purpose::test, 0).bits();
  EXPECT_EQ(Random(1, Purpose::test, 0).bits(), first);
  EXPECT_NE(Random(2, Purpose::test, 0).bits(), first);
  EXPECT_NE(Random(1, Purpose::bootstrap, 0).bits(), first);
  EXPECT_NE(Random(1, Purpose::test, 1).bits(), first);
}

TEST(Random, UniformFillsTheUnitInterval) {
  Random random(3, Purpose::test);
  constexpr int draws = 100000;
  double sum = 0.0;
  double least = 1.0;
  double most = 0.0;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform();
    sum += u;
    least = std::min(least, u);
    most = std::max(most, u);
  }
  EXPECT_GE(least, 0.0);
  EXPECT_LT(most, 1.0);
  // The mean of n draws has standard deviation 1/√(12n); the draws are fixed, so 4 of them is safe.
  EXPECT_NEAR(sum / draws, 0.5, 4.0 / std::sqrt(12.0 * draws));
  EXPECT_LT(least, 1e-3);
  EXPECT_GT(most, 1.0 - 1e-3);
}

TEST(Random, NormalHasItsMoments) {
  Random random(4, Purpose::test);
  constexpr int draws = 100000;
  std::array<double, 5> moments{};
  for (int i = 0; i < draws; ++i) {
    const double x = random.normal();
    for (int power = 1; power <= 4; ++power) {
      moments[static_cast<std::size_t>(power)] += std::pow(x, power) / draws;
    }
  }
  // Standard deviations of the sample moments: √(1/n), √(2/n), √(15/n), √(96/n).
  EXPECT_NEAR(moments[1], 0.0, 4.0 * std::sqrt(1.0 / draws));
  EXPECT_NEAR(moments[2], 1.0, 4.0 * std::sqrt(2.0 / draws));
  EXPECT_NEAR(moments[3], 0.0, 4.0 * std::sqrt(15.0 / draws));
  EXPECT_NEAR(moments[4], 3.0, 4.0 * std::sqrt(96.0 / draws));
}

TEST(Random, BelowIsUnbiased) {
  Random random(5, Purpose::test);
  std::array<int, 7> counts{};
  constexpr int draws = 70000;
  for (int i = 0; i < draws; ++i) ++counts.at(random.below(7));
  // Each count is binomial with mean 10000 and standard deviation √(70000·(1/7)·(6/7)) = 92.6.
  for (const int count : counts) EXPECT_NEAR(count, 10000, 4 * 92.6);
  EXPECT_EQ(random.below(1), 0U);
  const uint64_t two_thirds = (uint64_t{3} << 62U);  // a modulo here would prefer the low third
  int low = 0;
  for (int i = 0; i < 30000; ++i) low += random.below(two_thirds) < (uint64_t{1} << 62U) ? 1 : 0;
  EXPECT_NEAR(low, 10000, 4 * 81.7);
}

}  // namespace
}  // namespace aqua
