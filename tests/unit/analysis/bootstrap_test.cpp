#include "bootstrap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "aqua/core/random.hpp"

namespace aqua::analysis {
namespace {

TEST(Bootstrap, EveryReplicateDrawsAsManyDocumentsAsThereAre) {
  const Matrix<double> weights = bootstrap_weights(100, 17, 3);
  for (int64_t b = 0; b < 100; ++b) {
    const auto row = weights.row(b);
    EXPECT_EQ(std::accumulate(row.begin(), row.end(), 0.0), 17.0);
  }
}

TEST(Bootstrap, DocumentsAreDrawnAlike) {
  // Each weight is binomial(20, 1/20) with variance 0.95; the mean over 5000 replicates has
  // standard deviation 0.0138, of which five are allowed. The variance itself is checked to 10 %.
  const Matrix<double> weights = bootstrap_weights(5000, 20, 4);
  for (int64_t document = 0; document < 20; ++document) {
    double sum = 0.0;
    double squares = 0.0;
    for (int64_t b = 0; b < 5000; ++b) {
      sum += weights(b, document);
      squares += weights(b, document) * weights(b, document);
    }
    EXPECT_NEAR(sum / 5000, 1.0, 5 * 0.0138);
    EXPECT_NEAR(squares / 5000 - (sum / 5000) * (sum / 5000), 0.95, 0.095);
  }
}

TEST(Bootstrap, AReplicateDoesNotDependOnHowManyThereAre) {
  const Matrix<double> few = bootstrap_weights(3, 9, 5);
  const Matrix<double> many = bootstrap_weights(8, 9, 5);
  for (int64_t c = 0; c < 9; ++c) EXPECT_EQ(few(2, c), many(2, c));
  const Matrix<double> other = bootstrap_weights(8, 9, 6);
  EXPECT_FALSE(std::equal(many.row(0).begin(), many.row(0).end(), other.row(0).begin()));
}

TEST(Bootstrap, QuantilesInterpolateLinearly) {
  const std::vector<double> rising{1.0, 2.0, 4.0, 8.0};
  EXPECT_EQ(quantile(rising, 0.0), 1.0);
  EXPECT_EQ(quantile(rising, 1.0), 8.0);
  EXPECT_EQ(quantile(rising, 0.5), 3.0);  // numpy.quantile gives the same
  EXPECT_EQ(quantile(rising, 0.75), 5.0);
  EXPECT_EQ(quantile(std::vector{7.0}, 0.3), 7.0);
}

TEST(Bootstrap, UndefinedReplicatesAreLeftOut) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> replicates{nan, 3.0, nan, 1.0};
  const auto interval = percentile_interval(replicates);
  ASSERT_TRUE(interval.has_value());
  EXPECT_DOUBLE_EQ(interval->low, 1.05);
  EXPECT_DOUBLE_EQ(interval->high, 2.95);
  std::vector<double> one{nan, 3.0};
  EXPECT_FALSE(percentile_interval(one).has_value());
  EXPECT_FALSE(percentile_interval({}).has_value());
}

TEST(Bootstrap, IntervalsCoverTheMeanOfAKnownDistribution) {
  // The mean of 40 documents with standard normal values: the percentile interval takes the normal
  // quantile for Student's and the uncorrected variance, so it covers about 93.5 %. Over 400
  // experiments the share's standard deviation is 1.2 %; four of them are allowed.
  constexpr int64_t documents = 40;
  const Matrix<double> weights = bootstrap_weights(500, documents, 7);
  int covered = 0;
  for (uint64_t experiment = 0; experiment < 400; ++experiment) {
    Random random(experiment, Random::Purpose::test);
    std::vector<double> values(documents);
    for (double& value : values) value = 5.0 + random.normal();
    std::vector<double> means(weights.rows(), 0.0);
    for (int64_t b = 0; b < weights.rows(); ++b) {
      for (int64_t d = 0; d < documents; ++d) means[b] += weights(b, d) * values[d] / documents;
    }
    const auto interval = percentile_interval(means);
    if (interval->low <= 5.0 && 5.0 <= interval->high) ++covered;
  }
  EXPECT_NEAR(covered / 400.0, 0.935, 4 * 0.012);
}

}  // namespace
}  // namespace aqua::analysis
