#include "aqua/projection/selection.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"

namespace aqua::projection {
namespace {

using ::testing::ElementsAre;

std::vector<float> selected(const std::vector<float>& x, int64_t k) {
  std::vector<float> mask(x.size(), -1.0F);
  std::vector<float> scratch(x.size());
  select_largest(x, k, mask, scratch);
  return mask;
}

/// Sorts indices by falling magnitude, equal ones by index.
std::vector<float> selected_by_sorting(const std::vector<float>& x, int64_t k) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return std::abs(x[a]) > std::abs(x[b]); });
  std::vector<float> mask(x.size(), 0.0F);
  for (int64_t i = 0; i < k; ++i) mask[order[i]] = 1.0F;
  return mask;
}

void check_every_k(const std::vector<float>& x) {
  for (int64_t k = 1; k <= static_cast<int64_t>(x.size()); ++k) {
    ASSERT_EQ(selected(x, k), selected_by_sorting(x, k)) << "k " << k << " of " << x.size();
  }
}

TEST(SelectLargest, MagnitudesNotValues) {
  EXPECT_THAT(selected({1.0F, -4.0F, 2.0F, 3.0F}, 2), ElementsAre(0, 1, 0, 1));
}

TEST(SelectLargest, TiesGoToTheLowerIndex) {
  EXPECT_THAT(selected({2.0F, -2.0F, 2.0F, 3.0F, -2.0F}, 3), ElementsAre(1, 1, 0, 1, 0));
  EXPECT_THAT(selected({0.0F, -0.0F, 0.0F}, 2), ElementsAre(1, 1, 0));
  EXPECT_THAT(selected({5.0F, 0.0F, 0.0F, 0.0F}, 3), ElementsAre(1, 1, 1, 0));
}

TEST(SelectLargest, AgreesWithSorting) {
  Random random(1, Random::Purpose::test);
  for (const std::size_t d : {1U, 2U, 3U, 16U, 63U, 64U, 65U, 128U}) {
    std::vector<float> normals(d);
    for (float& value : normals) value = static_cast<float>(random.normal());
    check_every_k(normals);

    std::vector<float> few_values(d);  // many ties
    for (float& value : few_values) value = static_cast<float>(random.below(7)) - 3.0F;
    check_every_k(few_values);

    std::vector<float> mostly_zero(d);
    for (float& value : mostly_zero) value = random.below(8) == 0 ? 1e-30F : 0.0F;
    check_every_k(mostly_zero);

    std::vector<float> wide_range(d);  // exponents from the smallest to the largest
    for (float& value : wide_range) {
      value = std::ldexp(static_cast<float>(random.normal()),
                         static_cast<int>(random.below(270)) - 145);
    }
    check_every_k(wide_range);

    check_every_k(std::vector<float>(d, -1.5F));
    check_every_k(std::vector<float>(d, 0.0F));
  }
}

TEST(SelectLargest, NeighbouringValues) {  // magnitudes that differ in the last bit
  std::vector<float> x{1.0F};
  for (int i = 0; i < 40; ++i) x.push_back(std::nextafter(x.back(), 2.0F));
  std::ranges::reverse(x);
  check_every_k(x);
  check_every_k({std::numeric_limits<float>::denorm_min(), 0.0F, std::numeric_limits<float>::max(),
                 -std::numeric_limits<float>::max()});
}

TEST(SelectLargest, ArgumentsMustAgree) {
  std::vector<float> x(4);
  std::vector<float> mask(4);
  std::vector<float> scratch(3);
  try {
    select_largest(x, 2, mask, scratch);
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "select_largest: 2 of 4 entries, mask of 4, scratch of 3");
  }
  EXPECT_THROW(select_largest(x, 0, mask, x), std::invalid_argument);
  EXPECT_THROW(select_largest(x, 5, mask, x), std::invalid_argument);
}

TEST(KeptDimensions, RoundsHalfUp) {
  EXPECT_EQ(kept_dimensions(0.5, 64), 32);
  EXPECT_EQ(kept_dimensions(0.25, 64), 16);
  EXPECT_EQ(kept_dimensions(1.0, 80), 80);
  EXPECT_EQ(kept_dimensions(0.5, 5), 3);    // 2.5
  EXPECT_EQ(kept_dimensions(0.25, 6), 2);   // 1.5
  EXPECT_EQ(kept_dimensions(0.25, 5), 1);   // 1.25
  EXPECT_EQ(kept_dimensions(0.35, 10), 4);  // 3.5
  EXPECT_EQ(kept_dimensions(0.34, 10), 3);
}

TEST(KeptDimensions, KeepsAtLeastOne) {
  EXPECT_EQ(kept_dimensions(0.001, 64), 1);
  EXPECT_EQ(kept_dimensions(1e-300, 1), 1);
}

std::string usage_error(double k_ratio) {
  try {
    kept_dimensions(k_ratio, 64);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no exception";
}

TEST(KeptDimensions, RefusesRatiosOutsideTheUnitInterval) {
  EXPECT_EQ(usage_error(0.0), "k_ratio: expected a number above 0 and at most 1, found 0");
  EXPECT_EQ(usage_error(-0.5), "k_ratio: expected a number above 0 and at most 1, found -0.5");
  EXPECT_EQ(usage_error(1.5), "k_ratio: expected a number above 0 and at most 1, found 1.5");
  EXPECT_EQ(usage_error(std::numeric_limits<double>::quiet_NaN()),
            "k_ratio: expected a number above 0 and at most 1, found nan");
}

TEST(Losses, AreWhatTheyAreDefinedToBe) {
  EXPECT_DOUBLE_EQ(norm_loss(9.0, 25.0), 1.0 - 3.0 / 5.0);
  EXPECT_DOUBLE_EQ(energy_loss(9.0, 25.0), 1.0 - 9.0 / 25.0);
  EXPECT_EQ(norm_loss(0.0, 2.0), 1.0);
  EXPECT_EQ(energy_loss(0.0, 2.0), 1.0);
}

TEST(Losses, StayInTheUnitIntervalAgainstRounding) {
  EXPECT_EQ(norm_loss(std::nextafter(1.0, 2.0), 1.0), 0.0);
  EXPECT_EQ(energy_loss(std::nextafter(1.0, 2.0), 1.0), 0.0);
}

}  // namespace
}  // namespace aqua::projection
