#include "maps.hpp"

#include <gmock/gmock.h>

#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"

namespace aqua::exporter {
namespace {

using capture::RopeLayout;
using testing::ElementsAre;
using testing::StrEq;
using testing::ThrowsMessage;

Matrix<double> random_map(int64_t dim) {
  Random random(3, Random::Purpose::test);
  Matrix<double> map(dim, dim);
  for (int64_t i = 0; i < map.size(); ++i) map.data()[i] = random.normal();
  return map;
}

// q in one layout times P is q in the other layout times the permuted P, in every column: the same
// products, only summed in another order, so that small integers agree exactly.
TEST(PermuteRows, RotatesTheSameVectorInTheOtherLayout) {
  constexpr int64_t dim = 8;
  for (const int64_t rotary : {8, 4}) {
    Matrix<double> map(dim, dim);
    for (int64_t i = 0; i < map.size(); ++i) map.data()[i] = static_cast<double>(i % 13);
    std::vector<double> half(dim);
    for (int64_t i = 0; i < dim; ++i)
      half[static_cast<std::size_t>(i)] = static_cast<double>(1 + i);
    std::vector<double> interleaved = half;
    for (int64_t i = 0; i < rotary / 2; ++i) {  // the definition in docs/formats.md
      interleaved[static_cast<std::size_t>(2 * i)] = half[static_cast<std::size_t>(i)];
      interleaved[static_cast<std::size_t>(2 * i + 1)] =
          half[static_cast<std::size_t>(i + rotary / 2)];
    }
    const auto permuted = permute_rows(map, RopeLayout::half, RopeLayout::interleaved, rotary);
    for (int64_t c = 0; c < dim; ++c) {
      double expected = 0.0;
      double found = 0.0;
      for (int64_t r = 0; r < dim; ++r) {
        expected += half[static_cast<std::size_t>(r)] * map(r, c);
        found += interleaved[static_cast<std::size_t>(r)] * permuted(r, c);
      }
      EXPECT_EQ(found, expected) << rotary << ' ' << c;
    }
  }
}

TEST(PermuteRows, GoesBack) {
  const Matrix<double> map = random_map(10);
  for (const int64_t rotary : {10, 6, 2}) {
    const auto there = permute_rows(map, RopeLayout::half, RopeLayout::interleaved, rotary);
    const auto back = permute_rows(there, RopeLayout::interleaved, RopeLayout::half, rotary);
    EXPECT_TRUE(std::equal(map.data(), map.data() + map.size(), back.data()));
  }
}

TEST(AppendRounded, CutsColumnsAndRounds) {
  Matrix<double> map(2, 3);
  const double values[] = {1.0, 1.0 + 0x1p-11, 9.0, 1.0 + 0x1p-8, 1.0 + 3 * 0x1p-11, 9.0};
  std::copy(std::begin(values), std::end(values), map.data());
  std::vector<float> rounded;
  append_rounded(map, 2, store::MapType::float16, "x", rounded);
  EXPECT_THAT(rounded, ElementsAre(1.0F, 1.0F, 1.0F + 0x1p-8F, 1.0F + 0x1p-9F));
  append_rounded(map, 1, store::MapType::bfloat16, "x", rounded);
  EXPECT_THAT(rounded, ElementsAre(1.0F, 1.0F, 1.0F + 0x1p-8F, 1.0F + 0x1p-9F, 1.0F, 1.0F));
}

TEST(AppendRounded, RefusesWhatTheTypeCannotHold) {
  for (const double value : {1e6, 1e-7}) {
    Matrix<double> map(1, 2);
    map(0, 1) = value;
    std::vector<float> rounded;
    append_rounded(map, 2, store::MapType::bfloat16, "x", rounded);
    EXPECT_THAT(
        [&] { append_rounded(map, 2, store::MapType::float16, "layer 3", rounded); },
        ThrowsMessage<UsageError>(StrEq(fmt::format(
            "layer 3: float16 cannot hold column 1 (norm {:.3g}); expected float32 or bfloat16",
            value))));
  }
}

}  // namespace
}  // namespace aqua::exporter
