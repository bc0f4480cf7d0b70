#include <bit>
#include <cstring>

#include "aqua/core/error.hpp"
#include "aqua/formats/dtype.hpp"

namespace aqua::formats {
namespace {

constexpr uint32_t magnitude_mask = 0x7fffffffU;
constexpr uint32_t infinity = 0x7f800000U;

// Adding just under half a unit of the last kept bit, plus that bit, rounds ties to even; a carry
// moves into the exponent, and from the largest exponent to infinity, as it should.
uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & magnitude_mask) > infinity) return static_cast<uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

uint16_t to_float16(float value) {
  constexpr uint32_t beyond = (127U + 16U) << 23U;           // 2^16
  constexpr uint32_t smallest_normal = (127U - 14U) << 23U;  // 2^-14
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16U) & 0x8000U);
  uint32_t magnitude = bits & magnitude_mask;
  if (magnitude > infinity) return static_cast<uint16_t>(sign | 0x7e00U);
  if (magnitude >= beyond) return static_cast<uint16_t>(sign | 0x7c00U);
  if (magnitude < smallest_normal) {
    // In [0.5, 1) floats are multiples of 2^-24, the smallest subnormal half: the sum rounds.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<uint16_t>(sign |
                                 (std::bit_cast<uint32_t>(sum) - std::bit_cast<uint32_t>(0.5F)));
  }
  magnitude += 0xfffU + ((magnitude >> 13U) & 1U);
  magnitude -= (127U - 15U) << 23U;
  return static_cast<uint16_t>(sign | (magnitude >> 13U));
}

template <class Convert>
void convert(std::span<const float> values, std::span<std::byte> out, Convert one) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = one(values[i]);
    std::memcpy(out.data() + 2 * i, &half, sizeof half);
  }
}

}  // namespace

void from_float32(DType type, std::span<const float> values, std::span<std::byte> out) {
  if (type != DType::f32 && type != DType::f16 && type != DType::bf16) {
    fail<FormatError>("expected F32, F16 or BF16 to write, found {}", name(type));
  }
  const std::size_t size = values.size() * static_cast<std::size_t>(size_of(type));
  if (out.size() != size) {
    fail<FormatError>("expected {} bytes for {} elements of {}, found {}", size, values.size(),
                      name(type), out.size());
  }
  if (type == DType::bf16) return convert(values, out, to_bfloat16);
  if (type == DType::f16) return convert(values, out, to_float16);
  if (!values.empty()) std::memcpy(out.data(), values.data(), size);
}

}  // namespace aqua::formats
