// The block-quantised number types of GGUF files.
//
// A block holds a fixed number of elements that share scales. Each function converts one block,
// with the float32 operations in the order in which the `gguf` package applies them, so that
// results are equal to the last bit. Layouts are those of ggml's common header.
#pragma once

#include <cstddef>

namespace aqua::formats::ggml {

inline constexpr int small_block = 32;   // Q4_0 … Q8_0, IQ4_NL
inline constexpr int super_block = 256;  // the K types and IQ4_XS

void convert_q4_0(const std::byte* block, float* out);
void convert_q4_1(const std::byte* block, float* out);
void convert_q5_0(const std::byte* block, float* out);
void convert_q5_1(const std::byte* block, float* out);
void convert_q8_0(const std::byte* block, float* out);
void convert_q2_k(const std::byte* block, float* out);
void convert_q3_k(const std::byte* block, float* out);
void convert_q4_k(const std::byte* block, float* out);
void convert_q5_k(const std::byte* block, float* out);
void convert_q6_k(const std::byte* block, float* out);
void convert_iq4_nl(const std::byte* block, float* out);
void convert_iq4_xs(const std::byte* block, float* out);

}  // namespace aqua::formats::ggml
