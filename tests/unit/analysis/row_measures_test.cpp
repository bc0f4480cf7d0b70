#include "retention/row_measures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace aqua::analysis {
namespace {

TEST(RowMeasures, CompareTwoRowsByHand) {
  // p = (1/4, 3/4), p~ = (1/2, 1/2).
  const std::vector<float> logits{0.0F, std::log(3.0F)};
  std::vector<float> weights(2);
  const ExactRow exact = exact_row(logits, weights);
  EXPECT_EQ(exact.top, 1);
  EXPECT_NEAR(weights[0], 0.25, 1e-6);
  EXPECT_NEAR(exact.log_sum, std::log(4.0), 1e-6);
  std::vector<float> row{5.0F, 5.0F};
  const RowDifference found = compare_row(exact, row);
  EXPECT_NEAR(row[0], 0.5, 1e-6);
  EXPECT_NEAR(found.total_variation, 0.25, 1e-6);
  EXPECT_NEAR(found.kl_divergence, 0.25 * std::log(0.5) + 0.75 * std::log(1.5), 1e-6);
  EXPECT_NEAR(found.logit_error, 25.0 + std::pow(5.0 - std::log(3.0), 2), 1e-4);
  EXPECT_FALSE(found.same_top);  // a tie goes to the first key
}

TEST(RowMeasures, DivergenceStaysFiniteWhereApproximateWeightsUnderflow) {
  const std::vector<float> logits{0.0F, 0.0F};
  std::vector<float> weights(2);
  const ExactRow exact = exact_row(logits, weights);
  std::vector<float> row{0.0F, -400.0F};
  const RowDifference found = compare_row(exact, row);
  // p = (1/2, 1/2), ln p~ = (0, −400).
  EXPECT_NEAR(found.kl_divergence, 200.0 - std::log(2.0), 1e-4);
  EXPECT_NEAR(found.total_variation, 0.5, 1e-6);
  EXPECT_TRUE(found.same_top);
}

TEST(RowMeasures, EqualRowsDoNotDiffer) {
  std::vector<float> logits;
  for (int j = 0; j < 100; ++j) logits.push_back(static_cast<float>(std::sin(j)) * 30.0F);
  std::vector<float> weights(logits.size());
  const ExactRow exact = exact_row(logits, weights);
  std::vector<float> row = logits;
  const RowDifference found = compare_row(exact, row);
  EXPECT_EQ(found.logit_error, 0.0);
  EXPECT_NEAR(found.total_variation, 0.0, 1e-7);
  EXPECT_NEAR(found.kl_divergence, 0.0, 1e-12);
  EXPECT_TRUE(found.same_top);
}

TEST(RowMeasures, RetainedSharesSkipZeroKeysAndClampRounding) {
  const std::vector<float> kept{1.0F, 3.0F, 4.00001F};
  const std::vector<float> inverse{0.25F, 0.0F, 0.25F};
  const RetainedShares shares = retained_shares(kept, inverse);
  EXPECT_EQ(shares.norm, 1.5);
  EXPECT_EQ(shares.energy, 1.25);
}

TEST(RowMeasures, SoftcapFollowsItsFormula) {
  std::vector<float> x{-100.0F, 0.5F, 100.0F};
  apply_softcap(x, 2.0F);
  EXPECT_FLOAT_EQ(x[0], -2.0F);
  EXPECT_FLOAT_EQ(x[1], 2.0F * std::tanh(0.25F));
  EXPECT_FLOAT_EQ(x[2], 2.0F);
  apply_softcap(x, std::nullopt);
  EXPECT_FLOAT_EQ(x[2], 2.0F);
}

TEST(RowMeasures, SquaresAreSummedInDouble) {
  // A float sum would lose the ones beside 2²⁴.
  std::vector<float> a(1001, 1.0F);
  a[0] = 4096.0F;
  EXPECT_EQ(sum_of_squares(a), 16777216.0 + 1000.0);
  EXPECT_EQ(squared_distance(a, std::vector<float>(1001, 0.0F)), 16777216.0 + 1000.0);
}

}  // namespace
}  // namespace aqua::analysis
