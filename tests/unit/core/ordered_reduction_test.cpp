#include "aqua/core/ordered_reduction.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <vector>

#include "aqua/core/execution.hpp"

namespace aqua {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(OrderedReduction, MergesInIncreasingOrder) {
  std::vector<int> merged;
  OrderedReduction<int> reduction([&](int&& value) { merged.push_back(value); });
  reduction.submit(2, 20);
  reduction.submit(1, 10);
  EXPECT_THAT(merged, IsEmpty());
  EXPECT_EQ(reduction.merged(), 0);
  reduction.submit(0, 0);
  EXPECT_THAT(merged, ElementsAre(0, 10, 20));
  reduction.submit(3, 30);
  EXPECT_THAT(merged, ElementsAre(0, 10, 20, 30));
  EXPECT_EQ(reduction.merged(), 4);
}

TEST(OrderedReduction, TakesPartialsThatOnlyMove) {
  int sum = 0;
  OrderedReduction<std::unique_ptr<int>> reduction(
      [&](std::unique_ptr<int>&& value) { sum += *value; });
  reduction.submit(1, std::make_unique<int>(2));
  reduction.submit(0, std::make_unique<int>(3));
  EXPECT_EQ(sum, 5);
}

// Floating-point sums depend on their order; this one must not depend on the thread count.
TEST(OrderedReduction, GivesEqualSumsForEveryThreadCount) {
  const auto sum_with = [](int threads) {
    float sum = 0.0F;
    OrderedReduction<float> reduction([&](float&& value) { sum += value; });
    ThreadPool pool(threads);
    pool.for_each(5000, [&](int64_t i, int) {
      reduction.submit(i, 1.0F / static_cast<float>(i * i + 1) * (i % 2 == 0 ? 1e4F : 1.0F));
    });
    return sum;
  };
  const float expected = sum_with(1);
  for (int round = 0; round < 5; ++round) EXPECT_EQ(sum_with(4), expected);
}

}  // namespace
}  // namespace aqua
