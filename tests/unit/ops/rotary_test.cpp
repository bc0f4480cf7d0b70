#include "aqua/ops/rotary.hpp"

#include <gtest/gtest.h>

#include "measure.hpp"

namespace aqua::ops {
namespace {

std::vector<float> frequencies(int64_t pairs) {
  std::vector<float> result;
  for (int64_t i = 0; i < pairs; ++i) {
    result.push_back(static_cast<float>(
        std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(pairs))));
  }
  return result;
}

struct Shape {
  int64_t heads, head_dim, rotated, stride;
};

class Rotary : public testing::TestWithParam<Shape> {};

TEST_P(Rotary, AgreesWithDouble) {
  const auto [heads, head_dim, rotated, stride] = GetParam();
  const std::vector<int32_t> positions{0, 1, 1023, 7, 7, 512};
  const auto tokens = static_cast<int64_t>(positions.size());
  const auto frequency = frequencies(rotated / 2);
  const float scale = 1.25F;
  const RotaryTable table(frequency, 1024, scale);
  EXPECT_EQ(table.positions(), 1024);
  EXPECT_EQ(table.rotated_dimensions(), rotated);

  auto values = normals(tokens * stride, 11);
  const auto original = values;
  table.apply(positions, RotaryPairing::halves,
              HeadsView<float>(values.data(), tokens, heads, head_dim, stride));

  auto expected = std::vector<double>(original.begin(), original.end());
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t h = 0; h < heads; ++h) {
      for (int64_t i = 0; i < rotated / 2; ++i) {
        const auto first = static_cast<std::size_t>(t * stride + h * head_dim + i);
        const std::size_t second = first + static_cast<std::size_t>(rotated / 2);
        const float angle = static_cast<float>(positions[static_cast<std::size_t>(t)]) *
                            frequency[static_cast<std::size_t>(i)];
        const double c = scale * std::cos(static_cast<double>(angle));
        const double s = scale * std::sin(static_cast<double>(angle));
        const double a = original[first];
        const double b = original[second];
        expected[first] = a * c - b * s;
        expected[second] = b * c + a * s;
      }
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool touched = expected[i] != static_cast<double>(original[i]);
    // cos, sin, their scaling, the two products and the sum round by eps/2 each; |(a, b)| < 6.
    ASSERT_NEAR(values[i], expected[i], touched ? 2.5 * epsilon * scale * 6.0 : 0.0) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Rotary,
                         testing::Values(Shape{1, 2, 2, 2}, Shape{3, 6, 6, 18},
                                         Shape{2, 64, 64, 130}, Shape{2, 34, 34, 68},
                                         Shape{2, 10, 4, 21}, Shape{4, 128, 64, 512}));

TEST(Rotary, KeepsLengthsAndRelativeAngles) {
  // q·k after rotation depends on the difference of positions only.
  const auto frequency = frequencies(16);
  const RotaryTable table(frequency, 600);
  const auto dot_at = [&](int32_t p, int32_t q) {
    auto values = normals(64, 12);
    table.apply(std::vector<int32_t>{p, q}, RotaryPairing::halves,
                HeadsView<float>(values.data(), 2, 1, 32));
    double dot = 0.0;
    for (std::size_t i = 0; i < 32; ++i) dot += static_cast<double>(values[i]) * values[i + 32];
    return dot;
  };
  // Angles are rounded to float32: 600 · eps/2 each, on a product of norms of about 32.
  EXPECT_NEAR(dot_at(3, 10), dot_at(592, 599), 600 * epsilon * 32);
  EXPECT_GT(std::abs(dot_at(3, 10) - dot_at(3, 11)), 0.01);
}

TEST(Rotary, PositionZeroChangesNothing) {
  const RotaryTable table(frequencies(8), 1);
  auto values = normals(16, 13);
  const auto original = values;
  table.apply(std::vector<int32_t>{0}, RotaryPairing::halves,
              HeadsView<float>(values.data(), 1, 1, 16));
  EXPECT_EQ(values, original);
}

TEST(Rotary, NeighboursAreHalvesInAnotherOrder) {
  const int64_t dim = 34;
  const RotaryTable table(frequencies(dim / 2), 100);
  const auto half = static_cast<std::size_t>(dim / 2);
  auto halves = normals(dim, 14);
  std::vector<float> neighbours(halves.size());
  for (std::size_t i = 0; i < half; ++i) {
    neighbours[2 * i] = halves[i];
    neighbours[2 * i + 1] = halves[i + half];
  }
  const std::vector<int32_t> position{99};
  table.apply(position, RotaryPairing::halves, HeadsView<float>(halves.data(), 1, 1, dim));
  table.apply(position, RotaryPairing::neighbours, HeadsView<float>(neighbours.data(), 1, 1, dim));
  for (std::size_t i = 0; i < half; ++i) {
    // The same operations; a product and a sum may round together in one and not in the other.
    EXPECT_NEAR(neighbours[2 * i], halves[i], 4 * epsilon);
    EXPECT_NEAR(neighbours[2 * i + 1], halves[i + half], 4 * epsilon);
  }
}

}  // namespace
}  // namespace aqua::ops
