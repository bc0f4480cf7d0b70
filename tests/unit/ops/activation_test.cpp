#include "aqua/ops/activation.hpp"

#include <gtest/gtest.h>

#include <numbers>

#include "measure.hpp"

namespace aqua::ops {
namespace {

double silu(double x) { return x / (1.0 + std::exp(-x)); }

// e^{−x} is good to 2 ulp; the sum, the quotient and the product round once each.
constexpr double silu_ulps = 6.0;

TEST(SiluTimes, AgreesWithDouble) {
  for (const int64_t width : {1, 2, 15, 16, 17, 50, 1001}) {
    const auto gate = normals(2 * width, 1, 10.0);
    const auto up = normals(2 * width, 2);
    Matrix<float> out(2, width);
    activate_times(Activation::silu, {gate.data(), 2, width}, {up.data(), 2, width}, out);
    for (int64_t i = 0; i < 2 * width; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double exact = silu(gate[at]) * static_cast<double>(up[at]);
      ASSERT_LE(ulps(out.data()[i], exact), silu_ulps) << gate[at] << " " << up[at];
    }
  }
}

TEST(SiluTimes, FarFromZeroIsTheGateOrNothing) {
  const std::vector<float> gate{0.0F, 50.0F, 1e30F, -100.0F, -1e6F};
  const std::vector<float> up(5, 2.0F);
  Matrix<float> out(1, 5);
  activate_times(Activation::silu, {gate.data(), 1, 5}, {up.data(), 1, 5}, out);
  EXPECT_EQ(out(0, 0), 0.0F);
  EXPECT_EQ(out(0, 1), 100.0F);
  EXPECT_EQ(out(0, 2), 2e30F);
  EXPECT_NEAR(out(0, 3), 0.0F, 1e-35F);
  EXPECT_NEAR(out(0, 4), 0.0F, 1e-31F);
}

TEST(SiluTimes, NotANumberShows) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Matrix<float> gate(1, 20);
  Matrix<float> up(1, 20);
  gate(0, 17) = nan;
  activate_times(Activation::silu, gate, up, up);
  EXPECT_TRUE(std::isnan(up(0, 17)));
}

TEST(SiluTimes, WritesOverEitherInputInsideAWiderMatrix) {
  // As the transformer uses it: gate and up side by side, the result over the gate.
  auto values = normals(3 * 14, 3);
  const auto original = values;
  const MatrixView<float> both(values.data(), 3, 14);
  activate_times(Activation::silu, both.columns(0, 7), both.columns(7, 7), both.columns(0, 7));
  for (int64_t r = 0; r < 3; ++r) {
    for (int64_t c = 0; c < 7; ++c) {
      const double gate = original[static_cast<std::size_t>(r * 14 + c)];
      const double up = original[static_cast<std::size_t>(r * 14 + 7 + c)];
      EXPECT_LE(ulps(both(r, c), silu(gate) * up), silu_ulps);
      EXPECT_EQ(both(r, 7 + c), original[static_cast<std::size_t>(r * 14 + 7 + c)]);
    }
  }
}

double exact(Activation f, double x) {
  switch (f) {
    case Activation::silu:
      return silu(x);
    case Activation::gelu_tanh:
      return 0.5 * x *
             (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Activation::gelu:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    case Activation::relu:
      return std::max(x, 0.0);
  }
  return 0.0;
}

class EveryActivation : public testing::TestWithParam<Activation> {};

TEST_P(EveryActivation, AgreesWithDouble) {
  std::vector<float> values;
  for (int i = -4000; i <= 4000; ++i) values.push_back(static_cast<float>(i) * 0.0025F);
  for (const float far : {-1e30F, -1e4F, -60.0F, 60.0F, 1e4F, 1e30F}) values.push_back(far);
  const auto inputs = values;
  const auto width = static_cast<int64_t>(values.size());
  activate(GetParam(), {values.data(), 1, width});
  for (std::size_t i = 0; i < values.size(); ++i) {
    // f(x)/x is between 0 and 1, so its error is measured against 1: polynomial, quotient and
    // product round a few times.
    const double tolerance = 4 * epsilon * std::abs(static_cast<double>(inputs[i]));
    ASSERT_NEAR(values[i], exact(GetParam(), inputs[i]), tolerance) << inputs[i];
  }
  const std::vector<float> up(values.size(), -3.0F);
  auto product = inputs;
  activate_times(GetParam(), {inputs.data(), 1, width}, {up.data(), 1, width},
                 {product.data(), 1, width});
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(product[i], values[i] * -3.0F);
}

TEST_P(EveryActivation, NotANumberShows) {
  std::vector<float> values(20, 1.0F);
  values[17] = std::numeric_limits<float>::quiet_NaN();
  activate(GetParam(), {values.data(), 2, 10});
  EXPECT_TRUE(std::isnan(values[17]));
}

INSTANTIATE_TEST_SUITE_P(Activations, EveryActivation,
                         testing::Values(Activation::silu, Activation::gelu_tanh, Activation::gelu,
                                         Activation::relu));

}  // namespace
}  // namespace aqua::ops
