// Numbers of the GGUF format that reader and writer share.
#pragma once

#include <cstdint>
#include <optional>

#include "aqua/formats/dtype.hpp"

namespace aqua::formats::gguf {

/// Type numbers of metadata values.
enum class ValueType : uint32_t {
  u8 = 0,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  array,
  u64,
  i64,
  f64
};

constexpr uint32_t most_dimensions = 4;
constexpr int64_t default_alignment = 32;

/// The types of arrays that we convert or can name, in ggml's numbering.
std::optional<DType> dtype_of(uint32_t number);
std::optional<uint32_t> number_of(DType type);

}  // namespace aqua::formats::gguf
