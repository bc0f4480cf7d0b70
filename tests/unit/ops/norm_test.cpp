#include "aqua/ops/norm.hpp"

#include <gtest/gtest.h>

#include "measure.hpp"

namespace aqua::ops {
namespace {

// The sum of n squares in float32 is off by at most n·eps relative, in practice by much less; the
// root halves that; division, root and two products add a few eps.
double tolerance(int64_t n, double exact) {
  return (static_cast<double>(n) / 2 + 4) * epsilon * std::abs(exact);
}

void expect_rms_norm(ConstMatrixView<float> x, std::span<const float> weight, float eps,
                     ConstMatrixView<float> out) {
  for (int64_t r = 0; r < x.rows(); ++r) {
    double sum = 0.0;
    for (const float value : x.row(r)) sum += static_cast<double>(value) * value;
    const double scale = 1.0 / std::sqrt(sum / static_cast<double>(x.cols()) + eps);
    for (int64_t c = 0; c < x.cols(); ++c) {
      const double exact = x(r, c) * scale * weight[static_cast<std::size_t>(c)];
      ASSERT_NEAR(out(r, c), exact, tolerance(x.cols(), exact)) << "row " << r << " column " << c;
    }
  }
}

class RmsNorm : public testing::TestWithParam<int64_t> {};

TEST_P(RmsNorm, AgreesWithDouble) {
  const int64_t width = GetParam();
  const auto weight = normals(width, 1);
  for (const double spread : {1e-6, 1.0, 1e6}) {
    auto values = normals(3 * width, 2, spread);
    Matrix<float> out(3, width);
    const ConstMatrixView<float> x(values.data(), 3, width);
    ASSERT_TRUE(rms_norm(x, weight, 1e-5F, out));
    expect_rms_norm(x, weight, 1e-5F, out);
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, RmsNorm, testing::Values(1, 2, 3, 15, 16, 17, 36, 255, 576));

TEST(RmsNorm, WorksInPlaceOnStridedRows) {
  const auto weight = normals(5, 3);
  auto values = normals(4 * 9, 4);
  const auto original = values;
  const MatrixView<float> x(values.data() + 1, 4, 5, 9);
  ASSERT_TRUE(rms_norm(x, weight, 1e-6F, x));
  expect_rms_norm({original.data() + 1, 4, 5, 9}, weight, 1e-6F, x);
  for (const std::size_t outside : {0, 6, 9, 15, 35}) {
    EXPECT_EQ(values[outside], original[outside]);
  }
}

TEST(RmsNorm, ZeroRowStaysZero) {
  Matrix<float> x(1, 7);
  const auto weight = normals(7, 5);
  ASSERT_TRUE(rms_norm(x, weight, 1e-6F, x));
  for (const float value : x.row(0)) EXPECT_EQ(value, 0.0F);
}

TEST(RmsNorm, SaysWhenAMeanSquareIsNotFinite) {
  const std::vector<float> weight(3, 1.0F);
  for (const float bad :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 1e30F}) {
    Matrix<float> x(2, 3);
    x(1, 2) = bad;
    EXPECT_FALSE(rms_norm(x, weight, 1e-6F, x)) << bad;
  }
}

TEST(RmsNorm, NoRows) {
  Matrix<float> x(0, 3);
  const std::vector<float> weight(3, 1.0F);
  EXPECT_TRUE(rms_norm(x, weight, 1e-6F, x));
}

// Mean and variance are off by at most n·eps of the mean magnitude and of the variance; a common
// offset is subtracted with an error of eps·|mean| in each element.
TEST(LayerNorm, AgreesWithDouble) {
  for (const int64_t width : {1, 2, 3, 15, 16, 17, 36, 255, 576}) {
    const auto weight = normals(width, 11);
    const auto bias = normals(width, 12);
    for (const double offset : {0.0, 5.0}) {
      auto values = normals(3 * width, 13);
      for (float& value : values) value += static_cast<float>(offset);
      Matrix<float> out(3, width);
      const ConstMatrixView<float> x(values.data(), 3, width);
      ASSERT_TRUE(layer_norm(x, weight, bias, 1e-5F, out));
      for (int64_t r = 0; r < 3; ++r) {
        double mean = 0.0;
        for (const float value : x.row(r)) mean += static_cast<double>(value);
        mean /= static_cast<double>(width);
        double variance = 0.0;
        for (const float value : x.row(r)) variance += std::pow(value - mean, 2);
        variance /= static_cast<double>(width);
        const double scale = 1.0 / std::sqrt(variance + 1e-5F);
        for (int64_t c = 0; c < width; ++c) {
          const double w = weight[static_cast<std::size_t>(c)];
          const double exact = (x(r, c) - mean) * scale * w + bias[static_cast<std::size_t>(c)];
          const double magnitude =
              (std::abs(mean) + std::abs(x(r, c))) * scale * std::abs(w) + std::abs(exact);
          ASSERT_NEAR(out(r, c), exact, tolerance(width, magnitude)) << width << " " << c;
        }
      }
    }
  }
}

TEST(LayerNorm, SaysWhenAVarianceIsNotFiniteAndWorksInPlace) {
  const std::vector<float> ones(3, 1.0F);
  Matrix<float> x(2, 3);
  x(1, 0) = 3.0F;
  EXPECT_TRUE(layer_norm(x, ones, ones, 0.5F, x));
  EXPECT_EQ(x(0, 0), 1.0F);
  EXPECT_NEAR(x(1, 0), 1.0 + 2.0 / std::sqrt(2.5), 1e-6);
  x(1, 2) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(layer_norm(x, ones, ones, 0.5F, x));
}

}  // namespace
}  // namespace aqua::ops
