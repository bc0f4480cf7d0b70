// Finished parts of a long analysis in files: arrays of numbers in a safetensors file that says
// what it holds. Not a format for other programs.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aqua/core/error.hpp"
#include "aqua/formats/safetensors.hpp"

namespace aqua::analysis {

/// How numbers of type T stand in a file.
template <class T>
constexpr formats::DType dtype_of() {
  if constexpr (std::same_as<T, double>) {
    return formats::DType::f64;
  } else if constexpr (std::same_as<T, float>) {
    return formats::DType::f32;
  } else if constexpr (std::same_as<T, int64_t>) {
    return formats::DType::i64;
  } else {
    static_assert(std::same_as<T, uint8_t>, "not a type that parts hold");
    return formats::DType::u8;
  }
}

/// Collects a part's arrays, then writes them.
class PartWriter {
 public:
  template <class T>
  void add(const std::string& name, std::vector<int64_t> shape, std::span<const T> values) {
    const auto bytes = std::as_bytes(values);
    add(name, dtype_of<T>(), std::move(shape), {bytes.begin(), bytes.end()});
  }
  template <class T>
  void add(const std::string& name, std::vector<int64_t> shape, const std::vector<T>& values) {
    add(name, std::move(shape), std::span(values));
  }
  void label(std::string key, std::string text);

  /// Whole or not at all.
  void write(const std::filesystem::path& path, std::string_view format) const;

 private:
  void add(const std::string& name, formats::DType type, std::vector<int64_t> shape,
           std::vector<std::byte> bytes);

  std::list<std::vector<std::byte>> bytes_;  // of the tensors
  std::vector<formats::NewTensor> tensors_;
  std::vector<std::pair<std::string, std::string>> labels_;
};

/// FormatError unless the file says that it is of this format.
std::unique_ptr<formats::TensorFile> open_part(const std::filesystem::path& path,
                                               std::string_view format);

[[noreturn]] void fail_part_type(const formats::Tensor& tensor, std::string_view name,
                                 formats::DType expected);

/// FormatError, naming file and array, when it is missing or of another type or shape.
template <class T>
std::vector<T> part_values(const formats::TensorFile& file, const std::string& name,
                           std::span<const int64_t> shape) {
  const formats::Tensor& tensor = formats::require(file, name, shape);
  if (tensor.dtype != dtype_of<T>()) fail_part_type(tensor, name, dtype_of<T>());
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// Takes runs of a long array one after the other.
template <class T>
class Cursor {
 public:
  explicit Cursor(std::vector<T> values) : values_(std::move(values)) {}
  T next() { return values_[place_++]; }
  std::vector<T> take(int64_t count) {
    const auto first = values_.begin() + static_cast<std::ptrdiff_t>(place_);
    place_ += static_cast<std::size_t>(count);
    return {first, first + count};
  }

 private:
  std::vector<T> values_;
  std::size_t place_ = 0;
};

}  // namespace aqua::analysis
