#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "aqua/core/error.hpp"
#include "aqua/formats/dtype.hpp"

namespace aqua::formats {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

uint16_t stored(DType type, float value) {
  uint16_t bits = 0;
  from_float32(type, std::span(&value, 1), std::as_writable_bytes(std::span(&bits, 1)));
  return bits;
}

float value_of(DType type, uint16_t bits) {
  float value = 0.0F;
  to_float32(type, std::as_bytes(std::span(&bits, 1)), std::span(&value, 1));
  return value;
}

struct Half {
  DType type;
  uint16_t infinity;
};

class FromFloat32 : public testing::TestWithParam<Half> {};

// Between any two neighbours, numbers nearer to one of them become that one, and the one in the
// middle becomes the neighbour with an even fraction; both signs. Neighbours' middles are exact in
// float32. To_float32 is tested by itself.
TEST_P(FromFloat32, RoundsEveryIntervalToNearestEven) {
  const auto [type, infinity] = GetParam();
  for (uint16_t bits = 0; bits < infinity; ++bits) {
    const auto next = static_cast<uint16_t>(bits + 1);
    const float below = value_of(type, bits);
    // What would follow the largest number if the exponents went on.
    const double above =
        next == infinity ? 2.0 * below - value_of(type, bits - 1) : double{value_of(type, next)};
    const auto middle = static_cast<float>((double{below} + above) / 2);
    ASSERT_EQ(stored(type, below), bits);
    ASSERT_EQ(stored(type, -below), bits | 0x8000);
    ASSERT_EQ(stored(type, middle), bits % 2 == 0 ? bits : next) << bits;
    ASSERT_EQ(stored(type, -middle), (bits % 2 == 0 ? bits : next) | 0x8000) << bits;
    ASSERT_EQ(stored(type, std::nextafter(middle, 0.0F)), bits) << bits;
    ASSERT_EQ(stored(type, std::nextafter(middle, std::numeric_limits<float>::infinity())), next)
        << bits;
  }
}

TEST_P(FromFloat32, KeepsWhatIsNotFinite) {
  const auto [type, infinity] = GetParam();
  EXPECT_EQ(stored(type, std::numeric_limits<float>::infinity()), infinity);
  EXPECT_EQ(stored(type, -std::numeric_limits<float>::max()), infinity | 0x8000);
  for (const uint32_t bits : {0x7fc00000U, 0xff800001U, 0x7fffffffU}) {
    const uint16_t nan = stored(type, std::bit_cast<float>(bits));
    EXPECT_TRUE(std::isnan(value_of(type, nan)));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, FromFloat32,
                         testing::Values(Half{DType::f16, 0x7c00}, Half{DType::bf16, 0x7f80}),
                         [](const auto& test) { return std::string(name(test.param.type)); });

TEST(FromFloat32Types, CopiesFloat32AndRefusesOthers) {
  const std::vector<float> values{1.5F, -0.0F};
  std::vector<float> copy(2);
  from_float32(DType::f32, values, std::as_writable_bytes(std::span(copy)));
  EXPECT_EQ(copy, values);
  std::vector<std::byte> bytes(16);
  EXPECT_THAT([&] { from_float32(DType::q8_0, values, bytes); },
              ThrowsMessage<FormatError>(StrEq("expected F32, F16 or BF16 to write, found Q8_0")));
  EXPECT_THAT(
      [&] { from_float32(DType::f16, values, bytes); },
      ThrowsMessage<FormatError>(StrEq("expected 4 bytes for 2 elements of F16, found 16")));
}

}  // namespace
}  // namespace aqua::formats
