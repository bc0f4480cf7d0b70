#include "aqua/formats/dtype.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "aqua/core/checked.hpp"
#include "ggml_blocks.hpp"

namespace aqua::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

using ConvertBlock = void (*)(const std::byte* block, float* out);

struct TypeFacts {
  DType type;
  std::string_view name;
  int64_t block_elements;
  int64_t block_bytes;
  ConvertBlock convert_block = nullptr;  // of quantised types
};

constexpr std::array<TypeFacts, 22> types{
    {{DType::f64, "F64", 1, 8},
     {DType::f32, "F32", 1, 4},
     {DType::f16, "F16", 1, 2},
     {DType::bf16, "BF16", 1, 2},
     {DType::i64, "I64", 1, 8},
     {DType::i32, "I32", 1, 4},
     {DType::i16, "I16", 1, 2},
     {DType::i8, "I8", 1, 1},
     {DType::u8, "U8", 1, 1},
     {DType::boolean, "BOOL", 1, 1},
     {DType::q4_0, "Q4_0", ggml::small_block, 18, ggml::convert_q4_0},
     {DType::q4_1, "Q4_1", ggml::small_block, 20, ggml::convert_q4_1},
     {DType::q5_0, "Q5_0", ggml::small_block, 22, ggml::convert_q5_0},
     {DType::q5_1, "Q5_1", ggml::small_block, 24, ggml::convert_q5_1},
     {DType::q8_0, "Q8_0", ggml::small_block, 34, ggml::convert_q8_0},
     {DType::q2_k, "Q2_K", ggml::super_block, 84, ggml::convert_q2_k},
     {DType::q3_k, "Q3_K", ggml::super_block, 110, ggml::convert_q3_k},
     {DType::q4_k, "Q4_K", ggml::super_block, 144, ggml::convert_q4_k},
     {DType::q5_k, "Q5_K", ggml::super_block, 176, ggml::convert_q5_k},
     {DType::q6_k, "Q6_K", ggml::super_block, 210, ggml::convert_q6_k},
     {DType::iq4_nl, "IQ4_NL", ggml::small_block, 18, ggml::convert_iq4_nl},
     {DType::iq4_xs, "IQ4_XS", ggml::super_block, 136, ggml::convert_iq4_xs}}};

constexpr const TypeFacts& facts_of(DType type) { return types[static_cast<std::size_t>(type)]; }

constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (static_cast<std::size_t>(types[i].type) != i) return false;
  }
  return true;
}
static_assert(table_is_in_order(), "facts_of indexes the table by the type");

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

// Every processor with AVX2 has F16C; clang 14 cannot ask for the latter by name.
void convert_float16(const std::byte* in, float* out, std::size_t count) {
  if (__builtin_cpu_supports("avx2")) {
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

std::string_view name(DType type) { return facts_of(type).name; }

int64_t elements_per_block(DType type) { return facts_of(type).block_elements; }

int64_t size_of(DType type) { return facts_of(type).block_bytes; }

int64_t bytes_for(DType type, int64_t elements, std::string_view context) {
  const TypeFacts& facts = facts_of(type);
  if (elements % facts.block_elements != 0) {
    fail<FormatError>("{}: expected a multiple of {} elements of {}, found {}", context,
                      facts.block_elements, facts.name, elements);
  }
  return checked_multiply(elements / facts.block_elements, facts.block_bytes, context);
}

bool is_floating(DType type) {
  return type == DType::f64 || type == DType::f32 || type == DType::f16 || type == DType::bf16 ||
         facts_of(type).convert_block != nullptr;
}

std::vector<DType> all_dtypes() {
  std::vector<DType> all;
  for (const TypeFacts& facts : types) all.push_back(facts.type);
  return all;
}

std::optional<DType> plain_dtype_from_name(std::string_view name) {
  const auto* found = std::find_if(types.begin(), types.end(), [&](const TypeFacts& facts) {
    return facts.block_elements == 1 && facts.name == name;
  });
  if (found == types.end()) return std::nullopt;
  return found->type;
}

std::string plain_dtype_names() {
  std::string text;
  for (const TypeFacts& facts : types) {
    if (facts.block_elements != 1) continue;
    if (!text.empty()) text += ", ";
    text += facts.name;
  }
  return text;
}

void to_float32(DType type, std::span<const std::byte> bytes, std::span<float> out) {
  const TypeFacts& facts = facts_of(type);
  const auto blocks = out.size() / static_cast<std::size_t>(facts.block_elements);
  if (out.size() % static_cast<std::size_t>(facts.block_elements) != 0 ||
      bytes.size() != blocks * static_cast<std::size_t>(facts.block_bytes)) {
    fail<FormatError>("expected {} bytes for {} elements of {}, found {}",
                      blocks * static_cast<std::size_t>(facts.block_bytes), out.size(), facts.name,
                      bytes.size());
  }
  if (facts.convert_block != nullptr) {
    for (std::size_t i = 0; i < blocks; ++i) {
      facts.convert_block(bytes.data() + i * static_cast<std::size_t>(facts.block_bytes),
                          out.data() + i * static_cast<std::size_t>(facts.block_elements));
    }
    return;
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
      fail<FormatError>("expected elements of type F64, F32, F16 or BF16, found {}", facts.name);
  }
}

}  // namespace aqua::formats
