#include "aqua/analysis/spectrum.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis {
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

TEST(Spectrum, ParticipationRatio) {
  EXPECT_NEAR(participation_ratio(std::vector<double>{3.0, 3.0, 3.0}), 3.0, 3.0 * tolerance);
  // Energies 4, 1, 1: 36/18.
  const std::vector<double> sigma{2.0, 1.0, 1.0, 0.0};
  EXPECT_NEAR(participation_ratio(sigma), 2.0, 2.0 * tolerance);
  EXPECT_LT(participation_ratio(sigma), effective_rank(sigma));
}

TEST(Spectrum, RankForEnergy) {
  const std::vector<double> sigma{2.0, 1.0, 1.0, 0.0};  // cumulative 4/6, 5/6, 1, 1
  EXPECT_EQ(rank_for_energy(sigma, 0.5), 1);
  EXPECT_EQ(rank_for_energy(sigma, 0.7), 2);
  EXPECT_EQ(rank_for_energy(sigma, 0.9), 3);
  EXPECT_EQ(rank_for_energy(sigma, 1.0), 3);
  EXPECT_EQ(rank_for_energy(std::vector<double>{0.0, 0.0}, 0.9), 0);
  // Shares of energies that have no exact sum: all of it never needs more than there is.
  EXPECT_EQ(rank_for_energy(std::vector<double>{0.1, 0.1, 0.1}, 1.0), 3);
}

// A calibration of two KV heads whose factors are diagonal, so that every spectrum is known.
store::Calibration diagonal_calibration() {
  store::Calibration calibration;
  calibration.model.heads = {.query_heads = 2, .kv_heads = 2, .head_dim = 3};
  for (int g = 0; g < 2; ++g) {
    Matrix<double> query(3, 3);
    Matrix<double> key(3, 3);
    for (int i = 0; i < 3; ++i) {
      query(i, i) = 1.0 + i + g;
      key(i, i) = 4.0 - i;
    }
    store::CalibratedHead head;
    head.statistics.query = projection::RFactor(std::move(query), 7);
    head.statistics.key = projection::RFactor(std::move(key), 5);
    head.aqua = projection::make_aqua({.statistics = &head.statistics, .head_dim = 3});
    calibration.heads[{{4}, capture::Site::post_rope}].push_back(std::move(head));
  }
  return calibration;
}

TEST(Spectrum, OfEachFactorOfACalibration) {
  testing::Workers workers(2);
  const SpectrumResult result = spectrum(diagonal_calibration(), {0.5, 1.0}, workers);
  const auto& heads = result.heads.at({{4}, capture::Site::post_rope});
  ASSERT_EQ(heads.size(), 2U);
  for (int g = 0; g < 2; ++g) {
    const HeadSpectrum& head = heads[g];
    EXPECT_EQ(head.query_rows, 7);
    EXPECT_EQ(head.key_rows, 5);
    std::vector<double> joint;
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(head.of(Factor::query).singular_values[i], 3.0 - i + g, 1e-14);
      EXPECT_NEAR(head.of(Factor::key).singular_values[i], 4.0 - i, 1e-14);
      joint.push_back(std::hypot(1.0 + i + g, 4.0 - i));
    }
    std::sort(joint.rbegin(), joint.rend());
    double energy = 0.0;
    double entropy = 0.0;
    double squares = 0.0;
    for (const double sigma : joint) energy += sigma * sigma;
    for (const double sigma : joint) {
      entropy -= sigma * sigma / energy * std::log(sigma * sigma / energy);
      squares += std::pow(sigma * sigma / energy, 2);
    }
    const FactorSpectrum& found = head.of(Factor::joint);
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(found.singular_values[i], joint[i], 1e-14);
    EXPECT_NEAR(found.effective_rank, std::exp(entropy), 1e-14);
    EXPECT_NEAR(found.participation_ratio, 1.0 / squares, 1e-14);
    EXPECT_EQ(found.ranks, (std::vector<int64_t>{2, 3}));
  }
}

TEST(Spectrum, SharesMustBeShares) {
  testing::Workers workers(1);
  for (const double share : {0.0, -0.1, 1.1}) {
    EXPECT_THROW(spectrum(diagonal_calibration(), {share}, workers), UsageError);
  }
}

TEST(Spectrum, OfNothingIsNotDefined) {
  EXPECT_TRUE(std::isnan(leading_energy(std::vector<double>{0.0, 0.0}, 1)));
  EXPECT_TRUE(std::isnan(effective_rank(std::vector<double>{0.0, 0.0})));
}

}  // namespace
}  // namespace aqua::analysis
