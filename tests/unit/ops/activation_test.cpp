#include "aqua/ops/activation.hpp"

#include <gtest/gtest.h>

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
    silu_times({gate.data(), 2, width}, {up.data(), 2, width}, out);
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
  silu_times({gate.data(), 1, 5}, {up.data(), 1, 5}, out);
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
  silu_times(gate, up, up);
  EXPECT_TRUE(std::isnan(up(0, 17)));
}

TEST(SiluTimes, WritesOverEitherInputInsideAWiderMatrix) {
  // As the transformer uses it: gate and up side by side, the result over the gate.
  auto values = normals(3 * 14, 3);
  const auto original = values;
  const MatrixView<float> both(values.data(), 3, 14);
  silu_times(both.columns(0, 7), both.columns(7, 7), both.columns(0, 7));
  for (int64_t r = 0; r < 3; ++r) {
    for (int64_t c = 0; c < 7; ++c) {
      const double gate = original[static_cast<std::size_t>(r * 14 + c)];
      const double up = original[static_cast<std::size_t>(r * 14 + 7 + c)];
      EXPECT_LE(ulps(both(r, c), silu(gate) * up), silu_ulps);
      EXPECT_EQ(both(r, 7 + c), original[static_cast<std::size_t>(r * 14 + 7 + c)]);
    }
  }
}

}  // namespace
}  // namespace aqua::ops
