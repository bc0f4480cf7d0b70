#include "aqua/analysis/allocation.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"

namespace aqua::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

Matrix<double> convex_curves(int64_t heads, int64_t levels, Random& random) {
  Matrix<double> curves(heads, levels);
  for (int64_t i = 0; i < heads; ++i) {
    std::vector<double> falls(static_cast<std::size_t>(levels));
    for (double& fall : falls) fall = random.uniform();
    std::ranges::sort(falls, std::greater());
    double value = std::accumulate(falls.begin(), falls.end(), 0.0);
    for (int64_t l = 0; l < levels; ++l) curves(i, l) = value -= falls[l];
  }
  return curves;
}

Matrix<double> any_curves(int64_t heads, int64_t levels, Random& random) {
  Matrix<double> curves(heads, levels);
  for (int64_t i = 0; i < curves.size(); ++i) curves.data()[i] = random.uniform();
  return curves;
}

/// Calls visit(levels) for every allocation.
void for_each_allocation(int64_t heads, int64_t top,
                         const std::function<void(const std::vector<int64_t>&)>& visit) {
  std::vector<int64_t> levels(static_cast<std::size_t>(heads), 1);
  while (true) {
    visit(levels);
    std::size_t i = 0;
    while (i < levels.size() && levels[i] == top) levels[i++] = 1;
    if (i == levels.size()) return;
    ++levels[i];
  }
}

double mean(ConstMatrixView<double> curves, const std::vector<int64_t>& levels) {
  double sum = 0.0;
  for (std::size_t i = 0; i < levels.size(); ++i) sum += curves(int64_t(i), levels[i] - 1);
  return sum / static_cast<double>(levels.size());
}

int64_t units(const std::vector<int64_t>& levels) {
  return std::accumulate(levels.begin(), levels.end(), int64_t{0});
}

double least_mean(ConstMatrixView<double> curves, int64_t budget) {
  double least = std::numeric_limits<double>::infinity();
  for_each_allocation(curves.rows(), curves.cols(), [&](const std::vector<int64_t>& levels) {
    if (units(levels) <= budget) least = std::min(least, mean(curves, levels));
  });
  return least;
}

int64_t fewest_units(ConstMatrixView<double> curves, double limit) {
  int64_t fewest = std::numeric_limits<int64_t>::max();
  for_each_allocation(curves.rows(), curves.cols(), [&](const std::vector<int64_t>& levels) {
    if (mean(curves, levels) <= limit) fewest = std::min(fewest, units(levels));
  });
  return fewest;
}

using Allocate = Allocation (*)(const AllocationTask&);

void check_budgets(Allocate allocate_with, ConstMatrixView<double> curves) {
  for (int64_t budget = curves.rows(); budget <= curves.rows() * curves.cols(); ++budget) {
    const Allocation found = allocate_with({.curves = curves, .budget = budget, .limit = {}});
    ASSERT_LE(units(found.levels), budget);
    ASSERT_EQ(found.mean, mean(curves, found.levels));
    // Sums of a few numbers up to 10 in different orders.
    ASSERT_NEAR(found.mean, least_mean(curves, budget), 1e-14) << "budget " << budget;
  }
}

void check_limits(Allocate allocate_with, ConstMatrixView<double> curves, Random& random) {
  for (int trial = 0; trial < 10; ++trial) {
    const double limit = least_mean(curves, curves.rows() * curves.cols()) + random.uniform();
    const Allocation found = allocate_with({.curves = curves, .budget = {}, .limit = limit});
    ASSERT_LE(found.mean, limit);
    ASSERT_EQ(units(found.levels), fewest_units(curves, limit));
  }
}

TEST(Allocation, GreedyIsOptimalOnConvexCurves) {
  Random random(1, Random::Purpose::test);
  for (int trial = 0; trial < 10; ++trial) {
    const Matrix<double> curves = convex_curves(4, 5, random);
    ASSERT_TRUE(convex_and_falling(curves));
    check_budgets(allocate_greedy, curves);
    check_limits(allocate_greedy, curves, random);
  }
}

TEST(Allocation, DynamicProgrammingIsOptimalOnAnyCurves) {
  Random random(2, Random::Purpose::test);
  for (int trial = 0; trial < 10; ++trial) {
    const Matrix<double> curves =
        trial % 2 == 0 ? any_curves(4, 5, random) : convex_curves(3, 6, random);
    check_budgets(allocate_by_dynamic_programming, curves);
    check_limits(allocate_by_dynamic_programming, curves, random);
  }
}

TEST(Allocation, ChoosesTheMethodByTheCurves) {
  Random random(3, Random::Purpose::test);
  const Matrix<double> convex = convex_curves(3, 4, random);
  EXPECT_EQ(allocate({.curves = convex, .budget = 7, .limit = {}}).method, "greedy");
  Matrix<double> bent = convex.clone();
  bent(1, 1) = bent(1, 0);  // flat, then it falls
  EXPECT_FALSE(convex_and_falling(bent));
  EXPECT_EQ(allocate({.curves = bent, .budget = 7, .limit = {}}).method, "dynamic-programming");
}

TEST(Allocation, UniformIsTheSameLevelForAll) {
  Matrix<double> curves(2, 3);
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t l = 0; l < 3; ++l) curves(i, l) = static_cast<double>((i + 1) * (3 - l));
  }
  EXPECT_THAT(allocate_uniform({.curves = curves, .budget = 5, .limit = {}}).levels,
              ElementsAre(2, 2));
  const Allocation limited = allocate_uniform({.curves = curves, .budget = {}, .limit = 1.5});
  EXPECT_THAT(limited.levels, ElementsAre(3, 3));
  EXPECT_EQ(limited.mean, 1.5);
}

TEST(Allocation, DoesNotSpendWhereNothingIsGained) {
  Matrix<double> curves(2, 3);
  curves(0, 0) = 1.0;  // 1, 0, 0
  curves(1, 0) = 2.0;  // 2, 0, 0
  for (const Allocate allocate_with : {allocate_greedy, allocate_by_dynamic_programming}) {
    EXPECT_THAT(allocate_with({.curves = curves, .budget = 6, .limit = {}}).levels,
                ElementsAre(2, 2));
  }
}

TEST(Allocation, NamesWhatIsImpossible) {
  Matrix<double> curves(2, 2);
  std::fill_n(curves.data(), 4, 0.5);
  for (const Allocate allocate_with :
       {allocate_greedy, allocate_by_dynamic_programming, allocate_uniform}) {
    EXPECT_THAT([&] { allocate_with({.curves = curves, .budget = 1, .limit = {}}); },
                ThrowsMessage<UsageError>(
                    StrEq("budget: expected at least 2 units, one for each head, found 1")));
    EXPECT_THAT([&] { allocate_with({.curves = curves, .budget = {}, .limit = 0.25}); },
                ThrowsMessage<UsageError>(
                    StrEq("loss limit: expected at least 0.5, the mean when nothing is left out, "
                          "found 0.25")));
  }
  EXPECT_THROW(allocate({.curves = curves, .budget = {}, .limit = {}}), std::invalid_argument);
}

TEST(Allocation, RefusesDynamicProgrammingThatWouldTakeForever) {
  Matrix<double> curves(3000, 64);
  for (int64_t i = 0; i < curves.rows(); ++i) curves(i, 5) = 1.0;
  EXPECT_THAT([&] { allocate({.curves = curves, .budget = 3000 * 64, .limit = {}}); },
              ThrowsMessage<UsageError>(::testing::StartsWith(
                  "the curves are not convex, and exact planning for 3000 heads of 64 levels would "
                  "take 4e+10 steps; ")));
}

}  // namespace
}  // namespace aqua::analysis
