#include "retention/sorted_energies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "aqua/core/random.hpp"

namespace aqua::analysis {
namespace {

Matrix<float> random_vectors(int64_t n, int64_t d) {
  Random random(static_cast<uint64_t>(d), Random::Purpose::test);
  Matrix<float> x(n, d);
  for (int64_t t = 0; t < n; ++t) {
    for (float& value : x.row(t)) value = static_cast<float>(random.normal());
  }
  return x;
}

double square(float x) { return static_cast<double>(x) * static_cast<double>(x); }

// Sums of float squares in double, in any order, agree to d ulp of the whole.
double tolerance(std::span<const float> x) {
  double energy = 0.0;
  for (const float value : x) energy += square(value);
  return static_cast<double>(x.size()) * 0x1p-52 * energy;
}

class SortedEnergies : public ::testing::TestWithParam<int64_t> {};

TEST_P(SortedEnergies, AreThoseOfAFullSort) {
  const int64_t d = GetParam();
  const Matrix<float> x = random_vectors(37, d);  // two full blocks of lanes and a part
  std::vector<int64_t> kept(d + 1);
  std::iota(kept.begin(), kept.end(), 0);
  Matrix<double> largest(x.rows(), d + 1);
  Matrix<double> leading(x.rows(), d + 1);
  largest_energies(x, kept, largest);
  leading_energies(x, kept, leading);
  for (int64_t t = 0; t < x.rows(); ++t) {
    std::vector<float> sorted(x.row(t).begin(), x.row(t).end());
    std::sort(sorted.begin(), sorted.end(),
              [](float a, float b) { return std::abs(a) > std::abs(b); });
    double in_order = 0.0;
    double by_size = 0.0;
    for (int64_t k = 0; k <= d; ++k) {
      EXPECT_NEAR(leading(t, k), in_order, tolerance(x.row(t)));
      EXPECT_NEAR(largest(t, k), by_size, tolerance(x.row(t)));
      if (k == d) break;
      in_order += square(x(t, k));
      by_size += square(sorted[k]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Dimensions, SortedEnergies,
                         ::testing::Values(1, 2, 3, 7, 16, 48, 64, 65, 80, 96, 128, 256));

TEST(SortedEnergiesTies, CountEqualEntriesOnce) {
  Matrix<float> x(1, 4);
  x(0, 0) = -2.0F;
  x(0, 1) = 2.0F;
  x(0, 2) = 1.0F;
  x(0, 3) = -2.0F;
  Matrix<double> out(1, 2);
  const std::vector<int64_t> kept{2, 3};
  largest_energies(x, kept, out);
  EXPECT_EQ(out(0, 0), 8.0);
  EXPECT_EQ(out(0, 1), 12.0);
}

}  // namespace
}  // namespace aqua::analysis
