#include "ggml_blocks.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "aqua/formats/dtype.hpp"

namespace aqua::formats::ggml {
namespace {

constexpr int half_block = small_block / 2;

// A float16 in the block.
float half_at(const std::byte* at) {
  float value = 0.0F;
  to_float32(DType::f16, std::span(at, 2), std::span(&value, 1));
  return value;
}

const uint8_t* bytes_at(const std::byte* at) { return reinterpret_cast<const uint8_t*>(at); }
const int8_t* signed_at(const std::byte* at) { return reinterpret_cast<const int8_t*>(at); }

float value_of(int x) { return static_cast<float>(x); }

// Four-bit codes lie as 16 bytes: low halves are elements 0 to 15, high halves 16 to 31.
int low(uint8_t byte) { return byte & 0x0f; }
int high(uint8_t byte) { return byte >> 4; }

// The fifth bits of 32 elements, as one little-endian word.
uint32_t word_at(const std::byte* at) {
  uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}
int fifth_bit(uint32_t word, int i) {
  return static_cast<int>((word >> static_cast<unsigned>(i)) & 1U) << 4;
}

// Not uniform: the code points of the four-bit "non-linear" types.
constexpr std::array<int8_t, 16> nonlinear{-127, -104, -83, -65, -49, -35, -22, -10,
                                           1,    13,   25,  38,  53,  69,  89,  113};

// Six-bit scales and minima of the eight sub-blocks of Q4_K and Q5_K, packed in 12 bytes.
struct ScaleAndMinimum {
  int scale;
  int minimum;
};
ScaleAndMinimum packed_scale(const uint8_t* packed, int j) {
  if (j < 4) return {packed[j] & 63, packed[j + 4] & 63};
  return {(packed[j + 4] & 0x0f) | ((packed[j - 4] >> 6) << 4),
          (packed[j + 4] >> 4) | ((packed[j] >> 6) << 4)};
}

}  // namespace

void convert_q4_0(const std::byte* block, float* out) {
  const float d = half_at(block);
  const uint8_t* q = bytes_at(block + 2);
  for (int i = 0; i < half_block; ++i) {
    out[i] = d * value_of(low(q[i]) - 8);
    out[i + half_block] = d * value_of(high(q[i]) - 8);
  }
}

void convert_q4_1(const std::byte* block, float* out) {
  const float d = half_at(block);
  const float m = half_at(block + 2);
  const uint8_t* q = bytes_at(block + 4);
  for (int i = 0; i < half_block; ++i) {
    out[i] = d * value_of(low(q[i])) + m;
    out[i + half_block] = d * value_of(high(q[i])) + m;
  }
}

void convert_q5_0(const std::byte* block, float* out) {
  const float d = half_at(block);
  const uint32_t fifth = word_at(block + 2);
  const uint8_t* q = bytes_at(block + 6);
  for (int i = 0; i < half_block; ++i) {
    out[i] = d * value_of((low(q[i]) | fifth_bit(fifth, i)) - 16);
    out[i + half_block] = d * value_of((high(q[i]) | fifth_bit(fifth, i + half_block)) - 16);
  }
}

void convert_q5_1(const std::byte* block, float* out) {
  const float d = half_at(block);
  const float m = half_at(block + 2);
  const uint32_t fifth = word_at(block + 4);
  const uint8_t* q = bytes_at(block + 8);
  for (int i = 0; i < half_block; ++i) {
    out[i] = d * value_of(low(q[i]) | fifth_bit(fifth, i)) + m;
    out[i + half_block] = d * value_of(high(q[i]) | fifth_bit(fifth, i + half_block)) + m;
  }
}

void convert_q8_0(const std::byte* block, float* out) {
  const float d = half_at(block);
  const int8_t* q = signed_at(block + 2);
  for (int i = 0; i < small_block; ++i) out[i] = d * value_of(q[i]);
}

// 16 sub-blocks of 16 elements with 4-bit scale and minimum; 2-bit codes.
void convert_q2_k(const std::byte* block, float* out) {
  const uint8_t* scales = bytes_at(block);
  const uint8_t* q = bytes_at(block + 16);
  const float d = half_at(block + 80);
  const float dmin = half_at(block + 82);
  for (int sub = 0; sub < 16; ++sub) {
    const float scale = d * value_of(low(scales[sub]));
    const float minimum = dmin * value_of(high(scales[sub]));
    const int shift = 2 * (sub % 8 / 2);
    const uint8_t* codes = q + sub / 8 * 32 + sub % 2 * 16;
    for (int i = 0; i < 16; ++i) {
      out[sub * 16 + i] = scale * value_of((codes[i] >> shift) & 3) - minimum;
    }
  }
}

// 16 sub-blocks of 16 elements with 6-bit scale; 3-bit codes, whose third bit lies in a mask.
void convert_q3_k(const std::byte* block, float* out) {
  const uint8_t* mask = bytes_at(block);
  const uint8_t* q = bytes_at(block + 32);
  const uint8_t* packed = bytes_at(block + 96);
  const float d = half_at(block + 108);
  for (int sub = 0; sub < 16; ++sub) {
    const int low_bits = sub < 8 ? low(packed[sub]) : high(packed[sub - 8]);
    const int high_bits = (packed[8 + sub % 4] >> (2 * (sub / 4))) & 3;
    const float scale = d * value_of((low_bits | (high_bits << 4)) - 32);
    const int shift = 2 * (sub % 8 / 2);
    const int bit = sub / 2;
    const uint8_t* codes = q + sub / 8 * 32 + sub % 2 * 16;
    const uint8_t* third = mask + sub % 2 * 16;
    for (int i = 0; i < 16; ++i) {
      const int offset = ((third[i] >> bit) & 1) != 0 ? 0 : 4;
      out[sub * 16 + i] = scale * value_of(((codes[i] >> shift) & 3) - offset);
    }
  }
}

// Eight sub-blocks of 32 elements with 6-bit scale and minimum; 4-bit codes.
void convert_q4_k(const std::byte* block, float* out) {
  const float d = half_at(block);
  const float dmin = half_at(block + 2);
  const uint8_t* packed = bytes_at(block + 4);
  const uint8_t* q = bytes_at(block + 16);
  for (int sub = 0; sub < 8; ++sub) {
    const auto [scale_code, minimum_code] = packed_scale(packed, sub);
    const float scale = d * value_of(scale_code);
    const float minimum = dmin * value_of(minimum_code);
    const uint8_t* codes = q + sub / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int code = sub % 2 == 0 ? low(codes[i]) : high(codes[i]);
      out[sub * 32 + i] = scale * value_of(code) - minimum;
    }
  }
}

// As Q4_K, with a fifth bit in a mask.
void convert_q5_k(const std::byte* block, float* out) {
  const float d = half_at(block);
  const float dmin = half_at(block + 2);
  const uint8_t* packed = bytes_at(block + 4);
  const uint8_t* mask = bytes_at(block + 16);
  const uint8_t* q = bytes_at(block + 48);
  for (int sub = 0; sub < 8; ++sub) {
    const auto [scale_code, minimum_code] = packed_scale(packed, sub);
    const float scale = d * value_of(scale_code);
    const float minimum = dmin * value_of(minimum_code);
    const uint8_t* codes = q + sub / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int code = sub % 2 == 0 ? low(codes[i]) : high(codes[i]);
      out[sub * 32 + i] = scale * value_of(code | (((mask[i] >> sub) & 1) << 4)) - minimum;
    }
  }
}

// 16 sub-blocks of 16 elements with signed 8-bit scale; 6-bit codes: four bits in one array, two in
// another.
void convert_q6_k(const std::byte* block, float* out) {
  const uint8_t* low_codes = bytes_at(block);
  const uint8_t* high_codes = bytes_at(block + 128);
  const int8_t* scales = signed_at(block + 192);
  const float d = half_at(block + 208);
  for (int part = 0; part < 8; ++part) {  // 32 elements each
    const int half = part / 4;
    const int quarter = part % 4;
    const uint8_t* lows = low_codes + half * 64 + quarter % 2 * 32;
    const uint8_t* highs = high_codes + half * 32;
    for (int i = 0; i < 32; ++i) {
      const float scale = d * value_of(scales[part * 2 + i / 16]);
      const int code =
          (quarter < 2 ? low(lows[i]) : high(lows[i])) | (((highs[i] >> (2 * quarter)) & 3) << 4);
      out[part * 32 + i] = scale * value_of(code - 32);
    }
  }
}

void convert_iq4_nl(const std::byte* block, float* out) {
  const float d = half_at(block);
  const uint8_t* q = bytes_at(block + 2);
  for (int i = 0; i < half_block; ++i) {
    out[i] = d * value_of(nonlinear[static_cast<std::size_t>(low(q[i]))]);
    out[i + half_block] = d * value_of(nonlinear[static_cast<std::size_t>(high(q[i]))]);
  }
}

// Eight sub-blocks of 32 elements with 6-bit scale; codes as in IQ4_NL.
void convert_iq4_xs(const std::byte* block, float* out) {
  const float d = half_at(block);
  const uint8_t* high_scales = bytes_at(block + 2);
  const uint8_t* low_scales = bytes_at(block + 4);
  const uint8_t* q = bytes_at(block + 8);
  for (int sub = 0; sub < 8; ++sub) {
    const int low_bits = sub % 2 == 0 ? low(low_scales[sub / 2]) : high(low_scales[sub / 2]);
    const int high_bits = (high_scales[sub / 4] >> (2 * (sub % 4))) & 3;
    const float scale = d * value_of((low_bits | (high_bits << 4)) - 32);
    const uint8_t* codes = q + sub * half_block;
    for (int i = 0; i < half_block; ++i) {
      out[sub * 32 + i] = scale * value_of(nonlinear[static_cast<std::size_t>(low(codes[i]))]);
      out[sub * 32 + i + half_block] =
          scale * value_of(nonlinear[static_cast<std::size_t>(high(codes[i]))]);
    }
  }
}

}  // namespace aqua::formats::ggml
