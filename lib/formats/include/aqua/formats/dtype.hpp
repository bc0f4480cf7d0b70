// Number types as they stand in files, and their conversion to float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aqua::formats {

/// Plain numbers, and the block-quantised types of GGUF files, of which a block of elements shares
/// its scales.
enum class DType {
  f64,
  f32,
  f16,
  bf16,
  i64,
  i32,
  i16,
  i8,
  u8,
  boolean,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  iq4_xs
};

/// As files spell it: "F32", "BF16", "Q4_K", …
std::string_view name(DType type);
/// Elements of one block; 1 for plain numbers.
int64_t elements_per_block(DType type);
/// Bytes of one block; of one element for plain numbers.
int64_t size_of(DType type);
/// Bytes of `elements` elements. FormatError, starting with `context`, unless these are whole
/// blocks and the size is in range.
int64_t bytes_for(DType type, int64_t elements, std::string_view context);
/// Whether to_float32 converts it.
bool is_floating(DType type);

/// All types, plain ones first.
std::vector<DType> all_dtypes();
/// The plain type of that name, if there is one.
std::optional<DType> plain_dtype_from_name(std::string_view name);
/// The names of the plain types, for messages: "F64, F32, …".
std::string plain_dtype_names();

/// Converts little-endian elements of a floating type to float32; exact for f32, f16 and bf16
/// (subnormals and infinities included; a NaN stays a NaN), rounded to nearest for f64. The
/// elements need not be aligned. Block types give what the `gguf` package gives, to the last bit.
/// bytes.size() must be the size of out.size() elements; FormatError for types that are not
/// floating. Safe to call on parts of one tensor from several threads.
void to_float32(DType type, std::span<const std::byte> bytes, std::span<float> out);

/// The other way, for the types f32, f16 and bf16: rounded to nearest, ties to even; what is beyond
/// a type's range becomes an infinity, a NaN stays a NaN. out.size() must be the size of
/// values.size() elements; FormatError for other types.
void from_float32(DType type, std::span<const float> values, std::span<std::byte> out);

}  // namespace aqua::formats
