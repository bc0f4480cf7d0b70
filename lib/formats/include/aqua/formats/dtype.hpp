// Number types as they stand in files, and their conversion to float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aqua::formats {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// Bytes per element.
int64_t size_of(DType type);
/// As safetensors spells it: "F32", "BF16", …
std::string_view name(DType type);
/// The type of that name, if there is one.
std::optional<DType> dtype_from_name(std::string_view name);
/// All names, for messages: "F64, F32, …".
std::string dtype_names();

/// Converts little-endian elements of a floating type to float32; exact for f32, f16 and bf16
/// (subnormals and infinities included; a NaN stays a NaN), rounded to nearest for f64. The
/// elements need not be aligned. bytes.size() must be out.size() · size_of(type); FormatError for
/// types that are not floating. Safe to call on parts of one tensor from several threads.
void to_float32(DType type, std::span<const std::byte> bytes, std::span<float> out);

}  // namespace aqua::formats
