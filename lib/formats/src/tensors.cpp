#include "aqua/formats/tensors.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "aqua/core/checked.hpp"

namespace aqua::formats {
namespace {

std::string first_file(const TensorFile& file) {
  const auto files = file.files();
  return files.empty() ? std::string("(no file)") : files.front().string();
}

}  // namespace

int64_t checked_size(const NewTensor& tensor, const std::filesystem::path& path) {
  const std::string context = fmt::format("{}: \"{}\"", path.string(), tensor.name);
  const int64_t size = bytes_for(tensor.dtype, checked_elements(tensor.shape, context), context);
  if (std::cmp_not_equal(tensor.bytes.size(), size)) {
    fail<FormatError>("{}: expected {} bytes for shape [{}] of {}, found {}", context, size,
                      fmt::join(tensor.shape, ", "), name(tensor.dtype), tensor.bytes.size());
  }
  return size;
}

const Tensor& require(const TensorFile& file, std::string_view name) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr) {
    const std::size_t others = file.files().size();
    fail<FormatError>("{}{}: \"{}\" is missing", first_file(file),
                      others > 1 ? fmt::format(" and {} more", others - 1) : "", name);
  }
  return *tensor;
}

const Tensor& require(const TensorFile& file, std::string_view name,
                      std::span<const int64_t> shape) {
  const Tensor& tensor = require(file, name);
  if (!std::ranges::equal(tensor.shape, shape)) {
    fail<FormatError>("{}: \"{}\": expected shape [{}], found [{}]", tensor.file, name,
                      fmt::join(shape, ", "), fmt::join(tensor.shape, ", "));
  }
  return tensor;
}

}  // namespace aqua::formats
