#include "spectrum.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

namespace aqua::report {
namespace {

// The sums have at most four terms near 1: a few units in the last place.
constexpr double tolerance = 1e-15;

TEST(Spectrum, LeadingEnergy) {
  const std::vector<double> sigma{2.0, 1.0, 1.0, 0.0};  // energies 4, 1, 1, 0
  EXPECT_NEAR(leading_energy(sigma, 1), 4.0 / 6.0, tolerance);
  EXPECT_NEAR(leading_energy(sigma, 2), 5.0 / 6.0, tolerance);
  EXPECT_NEAR(leading_energy(sigma, 9), 1.0, tolerance);
  EXPECT_EQ(leading_energy(sigma, 0), 0.0);
}

TEST(Spectrum, EffectiveRank) {
  EXPECT_NEAR(effective_rank(std::vector<double>{3.0, 3.0, 3.0, 3.0}), 4.0, 4.0 * tolerance);
  EXPECT_NEAR(effective_rank(std::vector<double>{5.0, 0.0, 0.0}), 1.0, tolerance);
}

TEST(Spectrum, OfNothingIsNotDefined) {
  EXPECT_TRUE(std::isnan(leading_energy(std::vector<double>{0.0, 0.0}, 1)));
  EXPECT_TRUE(std::isnan(effective_rank(std::vector<double>{0.0, 0.0})));
}

}  // namespace
}  // namespace aqua::report
