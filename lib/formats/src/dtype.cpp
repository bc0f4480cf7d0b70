#include "aqua/formats/dtype.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "aqua/core/error.hpp"

namespace aqua::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

struct TypeFacts {
  DType type;
  std::string_view name;
  int64_t size;
};

constexpr std::array<TypeFacts, 10> types{{{DType::f64, "F64", 8},
                                           {DType::f32, "F32", 4},
                                           {DType::f16, "F16", 2},
                                           {DType::bf16, "BF16", 2},
                                           {DType::i64, "I64", 8},
                                           {DType::i32, "I32", 4},
                                           {DType::i16, "I16", 2},
                                           {DType::i8, "I8", 1},
                                           {DType::u8, "U8", 1},
                                           {DType::boolean, "BOOL", 1}}};

const TypeFacts& facts_of(DType type) {
  return *std::find_if(types.begin(), types.end(),
                       [&](const TypeFacts& facts) { return facts.type == type; });
}

template <class T>
T load(const std::byte* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

// The upper half of a float32.
float from_bfloat16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16U);
}

// IEEE binary16 in selects instead of branches, so that loops over it vectorise. Subnormals are
// renormalised by a subtraction of normal numbers, which also holds where the processor flushes
// subnormals to zero. Signalling NaNs become quiet, as the processor's own conversion does.
float from_float16(uint16_t bits) {
  constexpr uint32_t exponent_mask = 0x7c00U << 13U;
  constexpr uint32_t smallest_normal = 113U << 23U;  // 2^-14
  const uint32_t magnitude = (bits & 0x7fffU) << 13U;
  const uint32_t sign = (bits & 0x8000U) << 16U;
  const uint32_t exponent = magnitude & exponent_mask;

  const uint32_t normal = magnitude + ((127U - 15U) << 23U);
  const uint32_t subnormal = std::bit_cast<uint32_t>(
      std::bit_cast<float>(magnitude + smallest_normal) - std::bit_cast<float>(smallest_normal));
  const uint32_t quiet = magnitude > exponent_mask ? 1U << 22U : 0U;
  const uint32_t special = (magnitude + ((255U - 31U) << 23U)) | quiet;

  uint32_t result = exponent == 0 ? subnormal : normal;
  result = exponent == exponent_mask ? special : result;
  return std::bit_cast<float>(result | sign);
}

void convert_bfloat16(const std::byte* in, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = from_bfloat16(load<uint16_t>(in + 2 * i));
}

void convert_float16_portable(const std::byte* in, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = from_float16(load<uint16_t>(in + 2 * i));
}

#if defined(__x86_64__)
__attribute__((target("avx,f16c"))) void convert_float16_f16c(const std::byte* in, float* out,
                                                              std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 2 * i));
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(halves));
  }
  convert_float16_portable(in + 2 * i, out + i, count - i);
}

void convert_float16(const std::byte* in, float* out, std::size_t count) {
  if (__builtin_cpu_supports("f16c")) {
    convert_float16_f16c(in, out, count);
  } else {
    convert_float16_portable(in, out, count);
  }
}
#else
void convert_float16(const std::byte* in, float* out, std::size_t count) {
  convert_float16_portable(in, out, count);
}
#endif

}  // namespace

int64_t size_of(DType type) { return facts_of(type).size; }

std::string_view name(DType type) { return facts_of(type).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  const auto* found = std::find_if(types.begin(), types.end(),
                                   [&](const TypeFacts& facts) { return facts.name == name; });
  if (found == types.end()) return std::nullopt;
  return found->type;
}

std::string dtype_names() {
  std::string text;
  for (const TypeFacts& facts : types) {
    if (!text.empty()) text += ", ";
    text += facts.name;
  }
  return text;
}

void to_float32(DType type, std::span<const std::byte> bytes, std::span<float> out) {
  if (bytes.size() != out.size() * static_cast<std::size_t>(size_of(type))) {
    fail<FormatError>("expected {} bytes for {} elements of {}, found {}",
                      out.size() * static_cast<std::size_t>(size_of(type)), out.size(), name(type),
                      bytes.size());
  }
  switch (type) {
    case DType::f32:
      if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
      return;
    case DType::bf16:
      return convert_bfloat16(bytes.data(), out.data(), out.size());
    case DType::f16:
      return convert_float16(bytes.data(), out.data(), out.size());
    case DType::f64:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<float>(load<double>(bytes.data() + 8 * i));
      }
      return;
    default:
      fail<FormatError>("expected elements of type F64, F32, F16 or BF16, found {}", name(type));
  }
}

}  // namespace aqua::formats
