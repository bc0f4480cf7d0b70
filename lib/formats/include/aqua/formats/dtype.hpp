// Number types as they stand in files, and their conversion to float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace aqua::formats {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// Bytes per element.
int64_t size_of(DType type);
/// As safetensors spells it: "F32", "BF16", …
std::string_view name(DType type);

/// Converts little-endian elements of a floating type to float32; exact for f32, f16 and bf16.
/// bytes.size() must be out.size() · size_of(type) (FormatError for types that are not floating).
void to_float32(DType type, std::span<const std::byte> bytes, std::span<float> out);

}  // namespace aqua::formats
