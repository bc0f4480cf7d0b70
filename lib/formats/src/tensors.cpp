#include "aqua/formats/tensors.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "aqua/core/error.hpp"

namespace aqua::formats {
namespace {

std::string first_file(const TensorFile& file) {
  const auto files = file.files();
  return files.empty() ? std::string("(no file)") : files.front().string();
}

}  // namespace

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
