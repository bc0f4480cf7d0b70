#include "aqua/formats/dtype.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "aqua/core/error.hpp"

namespace aqua::formats {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

std::vector<uint16_t> all_halves() {
  std::vector<uint16_t> bits(65536);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  return bits;
}

// The value that IEEE 754 gives to binary16 bits.
double half_value(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

void expect_equal(float found, double expected, std::size_t i) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(found)) << i;
  } else {
    EXPECT_EQ(std::bit_cast<uint32_t>(found), std::bit_cast<uint32_t>(static_cast<float>(expected)))
        << i;
  }
}

TEST(ToFloat32, IsExactForEveryFloat16) {
  const auto bits = all_halves();
  std::vector<float> out(bits.size());
  to_float32(DType::f16, bytes_of(bits), out);
  for (std::size_t i = 0; i < bits.size(); ++i) expect_equal(out[i], half_value(bits[i]), i);
}

// Blocks of eight go another way than the few elements behind the last block; both agree.
TEST(ToFloat32, IsTheSameForShortAndLongRuns) {
  const auto bits = all_halves();
  std::vector<float> whole(bits.size());
  to_float32(DType::f16, bytes_of(bits), whole);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    float one = 0.0F;
    to_float32(DType::f16, bytes_of(bits).subspan(2 * i, 2), {&one, 1});
    ASSERT_EQ(std::bit_cast<uint32_t>(one), std::bit_cast<uint32_t>(whole[i])) << i;
  }
}

TEST(ToFloat32, IsExactForEveryBfloat16) {
  const auto bits = all_halves();
  std::vector<float> out(bits.size());
  to_float32(DType::bf16, bytes_of(bits), out);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(out[i]), static_cast<uint32_t>(bits[i]) << 16U) << i;
  }
}

TEST(ToFloat32, CopiesFloat32AndRoundsFloat64) {
  const std::vector<float> floats{1.5F, -0.0F, std::numeric_limits<float>::denorm_min(),
                                  std::numeric_limits<float>::infinity()};
  std::vector<float> out(floats.size());
  to_float32(DType::f32, bytes_of(floats), out);
  for (std::size_t i = 0; i < floats.size(); ++i) expect_equal(out[i], floats[i], i);

  const std::vector<double> doubles{0.1, -1e300, 1e-300, std::nan("")};
  to_float32(DType::f64, bytes_of(doubles), out);
  for (std::size_t i = 0; i < doubles.size(); ++i) expect_equal(out[i], doubles[i], i);
}

TEST(ToFloat32, TakesUnalignedBytesOfAnyLength) {
  std::vector<std::byte> storage(2 * 33 + 1);
  const uint16_t one_and_a_half = 0x3fc0;  // as bfloat16
  for (std::size_t count : {0, 1, 7, 8, 9, 33}) {
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(storage.data() + 1 + 2 * i, &one_and_a_half, 2);
    }
    std::vector<float> out(count, 0.0F);
    to_float32(DType::bf16, std::span(storage).subspan(1, 2 * count), out);
    EXPECT_THAT(out, testing::Each(1.5F));
  }
}

TEST(ToFloat32, RefusesIntegersAndWrongSizes) {
  std::vector<float> out(2);
  const std::vector<int32_t> ints{1, 2};
  EXPECT_THAT([&] { to_float32(DType::i32, bytes_of(ints), out); },
              ThrowsMessage<FormatError>(
                  StrEq("expected elements of type F64, F32, F16 or BF16, found I32")));
  EXPECT_THAT([&] { to_float32(DType::f16, bytes_of(ints), out); },
              ThrowsMessage<FormatError>(StrEq("expected 4 bytes for 2 elements of F16, found 8")));
}

TEST(DType, HasNamesAndSizes) {
  EXPECT_EQ(name(DType::bf16), "BF16");
  EXPECT_EQ(size_of(DType::bf16), 2);
  EXPECT_EQ(size_of(DType::i64), 8);
  EXPECT_EQ(plain_dtype_from_name("BOOL"), DType::boolean);
  EXPECT_EQ(plain_dtype_from_name("bf16"), std::nullopt);
  EXPECT_EQ(plain_dtype_names(), "F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL");
}

}  // namespace
}  // namespace aqua::formats
