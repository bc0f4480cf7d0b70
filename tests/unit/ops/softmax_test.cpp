#include "aqua/ops/softmax.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "measure.hpp"

namespace aqua::ops {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

double capped(double x, std::optional<float> cap) {
  return cap ? static_cast<double>(*cap) * std::tanh(x / static_cast<double>(*cap)) : x;
}

std::vector<double> softmax_in_double(const std::vector<float>& x, std::optional<float> cap) {
  std::vector<double> result(x.begin(), x.end());
  for (double& value : result) value = capped(value, cap);
  const double maximum = *std::max_element(result.begin(), result.end());
  double sum = 0.0;
  for (double& value : result) sum += value = std::exp(value - maximum);
  for (double& value : result) value /= sum;
  return result;
}

// Relative error of a weight e^{x_i − max}/Σ: 2 ulp of the exponential, which doubles as rounding
// of its argument |x_i − max|·eps/2, as much again averaged over the sum, and n·eps of its
// additions. A cap adds its own absolute error, a few ulp of the cap, to every logit.
double tolerance(const std::vector<float>& x, std::optional<float> cap, double exact) {
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  const double range = std::isinf(*low) ? 90.0 : std::min(90.0, static_cast<double>(*high) - *low);
  const double count = static_cast<double>(x.size());
  return epsilon * exact * (6.0 + range + count / 4 + (cap ? 8.0 * *cap : 0.0)) + 1e-37;
}

void expect_softmax(const std::vector<float>& x, std::optional<float> cap = {}) {
  auto weights = x;
  softmax_capped(weights, cap);
  const auto exact = softmax_in_double(x, cap);
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(weights[i], exact[i], tolerance(x, cap, exact[i]))
        << "entry " << i << " of " << x.size() << ", x " << x[i];
  }
}

class Softmax : public testing::TestWithParam<int64_t> {};

TEST_P(Softmax, AgreesWithDouble) {
  for (const double spread : {0.0, 1e-3, 1.0, 10.0, 100.0}) {
    const auto x = normals(GetParam(), 7, spread);
    expect_softmax(x);
    expect_softmax(x, 30.0F);
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, Softmax, testing::Values(1, 2, 3, 7, 16, 17, 31, 129, 1023));

TEST(Softmax, LargeValuesDoNotOverflow) {
  expect_softmax({1e30F, -1e30F, 1e30F});
  expect_softmax({-3e38F, -3e38F});
  expect_softmax({88.0F, 500.0F, 499.0F, -500.0F});
  expect_softmax({1e30F, -1e30F, 3.0F}, 50.0F);
}

TEST(Softmax, MaskedEntriesGetNothing) {
  std::vector<float> x(33, -infinity);
  x[4] = 1.0F;
  x[32] = 1.0F;
  softmax(x);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(x[i], i == 4 || i == 32 ? 0.5F : 0.0F);
}

TEST(Softmax, NotANumberShows) {
  std::vector<float> x(20, 1.0F);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  softmax(x);
  for (const float value : x) EXPECT_TRUE(std::isnan(value));
}

TEST(Softmax, EmptyRowStaysEmpty) {
  std::vector<float> x;
  softmax(x);
  softmax_capped(x, 3.0F);
  EXPECT_EQ(exponentials(x, {}), 0.0F);
}

TEST(Softmax, OneEntryIsExactlyOne) {
  for (const float value : {0.0F, -1e30F, 17.5F}) {
    std::vector<float> x{value};
    softmax(x);
    EXPECT_EQ(x[0], 1.0F);
  }
}

TEST(Exponentials, ReturnTheSumOfWhatTheyWrite) {
  for (const int64_t count : {1, 5, 16, 50, 301}) {
    auto x = normals(count, 8, 3.0);
    const auto original = x;
    const double maximum = *std::max_element(x.begin(), x.end());
    const float sum = exponentials(x, {});
    double exact = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      // The difference from the maximum is rounded, which the exponential turns into a relative
      // error of half an ulp of the difference.
      const double argument = static_cast<double>(original[i]) - maximum;
      ASSERT_LE(ulps(x[i], std::exp(argument)), 2.5 + std::abs(argument));
      exact += static_cast<double>(x[i]);
    }
    EXPECT_NEAR(sum, exact, static_cast<double>(count) * epsilon / 4 * exact + 1e-7);
    EXPECT_EQ(*std::max_element(x.begin(), x.end()), 1.0F);
  }
}

// A row in pieces is the row as a whole: earlier pieces, multiplied by all later factors.
TEST(ContinueSoftmax, PiecesGiveTheWholeRow) {
  for (const std::optional<float> cap : {std::optional<float>(), std::optional<float>(20.0F)}) {
    for (const double spread : {1.0, 30.0}) {
      auto x = normals(300, 9, spread);
      const auto original = x;
      const std::array<std::size_t, 6> ends{0, 1, 17, 128, 128, 300};
      RunningSoftmax row;
      for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
        const auto piece = std::span(x).subspan(ends[i], ends[i + 1] - ends[i]);
        const float factor = continue_softmax(piece, cap, row);
        if (piece.empty()) {
          EXPECT_EQ(factor, 1.0F);
        }
        scale(std::span(x).first(ends[i]), factor);
      }
      const auto exact = softmax_in_double(original, cap);
      for (std::size_t i = 0; i < x.size(); ++i) {
        // One more rounded exponential and product for each of the four later pieces.
        ASSERT_NEAR(x[i] / row.sum, exact[i],
                    tolerance(original, cap, exact[i]) + 16 * epsilon * exact[i]);
      }
    }
  }
}

TEST(ContinueSoftmax, NotANumberShows) {
  std::vector<float> x(20, 1.0F);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  RunningSoftmax row;
  continue_softmax(x, {}, row);
  EXPECT_TRUE(std::isnan(row.sum));
  std::vector<float> later(20, 2.0F);
  continue_softmax(later, {}, row);
  EXPECT_TRUE(std::isnan(row.sum));
}

}  // namespace
}  // namespace aqua::ops
