// The GGUF format, versions 2 and 3: typed metadata, then named arrays, many of them
// block-quantised. Source: the format's description in the ggml project (docs/gguf.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aqua/core/atomic_file.hpp"
#include "aqua/formats/tensors.hpp"

namespace aqua::formats {

/// A metadata value. Integers of all widths become int64_t (a u64 beyond its range is refused),
/// both float types double; arrays are homogeneous and not nested.
using GgufValue = std::variant<int64_t, double, bool, std::string, std::vector<int64_t>,
                               std::vector<double>, std::vector<bool>, std::vector<std::string>>;

/// What stands before the arrays of one file.
using GgufMetadata = std::map<std::string, GgufValue, std::less<>>;

/// A GGUF file, or all parts of a split one. Tensor shapes are row-major here ([out, in]), that is
/// in the reverse of the file's order.
class GgufFile : public TensorFile {
 public:
  virtual const GgufMetadata& values() const = 0;
};

/// Opens a file; given any part of a split model (split.count > 1; NAME-00001-of-00003.gguf), opens
/// all of them. Checks everything before use: magic, version, counts, string lengths, types,
/// dimensions, alignment, offsets inside the file, names once. FormatError names file and key.
/// Types that we do not convert are refused when the tensor is read, not here.
std::unique_ptr<GgufFile> open_gguf(const std::filesystem::path& path);

/// The value of `key` as T, or a FormatError that names file, key, what was expected and found. T:
/// one of the alternatives of GgufValue. The second form gives `fallback` when the key is missing.
template <class T>
const T& gguf_value(const GgufFile& file, std::string_view key);
template <class T>
T gguf_value_or(const GgufFile& file, std::string_view key, T fallback);

/// Writes version 3: metadata in the given order, then the arrays in the given order, their data at
/// multiples of 32 bytes. Integers become u32 where they fit, otherwise i64 (in arrays i32, i64);
/// floating-point numbers f64. Shapes are row-major here and reversed in the file, as everywhere in
/// GGUF. FormatError for a name or key twice, more than 4 dimensions, or a type without a number in
/// ggml. The caller commits `file`.
void write_gguf(AtomicFile& file, std::span<const std::pair<std::string, GgufValue>> values,
                std::span<const NewTensor> tensors);

}  // namespace aqua::formats
