// Named arrays, whatever file they come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/formats/dtype.hpp"

namespace aqua::formats {

/// One array in a mapped file. `bytes` are exactly bytes_for(dtype, elements(shape)),
/// little-endian, row-major; valid while the TensorFile lives.
struct Tensor {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
  std::string file;  ///< for messages
};

/// An array to write; `bytes` as in Tensor, the caller's to keep alive.
struct NewTensor {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Bytes of the array. FormatError, starting with the path and the name, unless `bytes` are exactly
/// those that type and shape ask for.
int64_t checked_size(const NewTensor& tensor, const std::filesystem::path& path);

/// A file, or several that belong together, of named arrays.
class TensorFile {
 public:
  virtual ~TensorFile() = default;
  /// Null when there is none of that name.
  virtual const Tensor* find(std::string_view name) const = 0;
  /// All names, sorted.
  virtual std::vector<std::string> names() const = 0;
  /// String metadata ("__metadata__" in safetensors); of several files, the first that has a key
  /// counts.
  virtual const std::map<std::string, std::string>& metadata() const = 0;
  /// The files that hold the tensors (an index is not one of them), in a fixed order.
  virtual std::vector<std::filesystem::path> files() const = 0;
  /// Advises the system that a tensor's pages are not needed again soon.
  virtual void release(const Tensor& tensor) const = 0;
};

/// The tensor, or a FormatError that names the file and the tensor.
const Tensor& require(const TensorFile& file, std::string_view name);
/// The same, with its shape checked:
/// `model.safetensors: "x.weight": expected shape [4, 8], found [4, 4]`.
const Tensor& require(const TensorFile& file, std::string_view name,
                      std::span<const int64_t> shape);

}  // namespace aqua::formats
