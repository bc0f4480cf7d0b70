#include "safetensors_header.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "aqua/core/checked.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::formats {
namespace {

using nlohmann::json;

constexpr uint64_t length_bytes = 8;
constexpr uint64_t longest_header = 100'000'000;  // the limit of the reference reader

/// The header's text; what follows it in the file is the data.
std::string_view header_text(std::span<const std::byte> bytes, std::string_view file) {
  if (bytes.size() < length_bytes) {
    fail<FormatError>("{}: expected at least 8 bytes, found {}: not a safetensors file", file,
                      bytes.size());
  }
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  if (length > longest_header) {
    fail<FormatError>("{}: expected a header of at most {} bytes, found {}: not a safetensors file",
                      file, longest_header, length);
  }
  if (length > bytes.size() - length_bytes) {
    fail<FormatError>("{}: expected a header of {} bytes, found only {}: the file is truncated",
                      file, length, bytes.size() - length_bytes);
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + length_bytes, length);
  if (text.empty() || text.front() != '{') {
    fail<FormatError>("{}: expected a header that starts with '{{': not a safetensors file", file);
  }
  return text;
}

std::map<std::string, std::string> read_metadata(const json& object, std::string_view file) {
  std::map<std::string, std::string> metadata;
  const std::string context = fmt::format("{}: \"__metadata__\"", file);
  if (!object.is_object()) {
    fail<FormatError>("{}: expected an object, found {}", context, json_excerpt(object));
  }
  for (const auto& [key, value] : object.items()) {
    metadata.emplace(key, json_as<std::string>(value, fmt::format("{}: \"{}\"", context, key)));
  }
  return metadata;
}

DType read_dtype(const json& entry, std::string_view context) {
  const auto spelled = json_value<std::string>(entry, "dtype", context);
  const auto dtype = plain_dtype_from_name(spelled);
  if (!dtype) {
    fail<FormatError>("{}: expected a type among {}, found {}", context, plain_dtype_names(),
                      json_excerpt(spelled));
  }
  return *dtype;
}

/// One tensor; `data` is all data of the file.
Tensor read_tensor(const std::string& name, const json& entry, std::span<const std::byte> data,
                   std::string_view file) {
  const std::string context = fmt::format("{}: \"{}\"", file, name);
  Tensor tensor;
  tensor.name = name;
  tensor.file = file;
  tensor.dtype = read_dtype(entry, context);
  tensor.shape = json_value<std::vector<int64_t>>(entry, "shape", context);
  const int64_t size = bytes_for(tensor.dtype, checked_elements(tensor.shape, context), context);

  const auto offsets = json_value<std::vector<int64_t>>(entry, "data_offsets", context);
  if (offsets.size() != 2 || offsets[0] < 0 || offsets[0] > offsets[1] ||
      std::cmp_greater(offsets[1], data.size())) {
    fail<FormatError>("{}: expected two data_offsets within {} bytes of data, found [{}]", context,
                      data.size(), fmt::join(offsets, ", "));
  }
  if (offsets[1] - offsets[0] != size) {
    fail<FormatError>("{}: expected {} bytes for shape [{}] of {}, found {}", context, size,
                      fmt::join(tensor.shape, ", "), formats::name(tensor.dtype),
                      offsets[1] - offsets[0]);
  }
  tensor.bytes = data.subspan(static_cast<std::size_t>(offsets[0]), static_cast<std::size_t>(size));
  return tensor;
}

/// Every byte of `data` belongs to exactly one tensor.
void check_tiling(std::span<const Tensor> tensors, std::span<const std::byte> data,
                  std::string_view file) {
  std::vector<const Tensor*> by_place;
  for (const Tensor& tensor : tensors) by_place.push_back(&tensor);
  std::ranges::sort(by_place, {}, [](const Tensor* tensor) {
    return std::tuple(tensor->bytes.data(), tensor->bytes.size());
  });
  const std::byte* end = data.data();
  const Tensor* before = nullptr;
  for (const Tensor* tensor : by_place) {
    if (tensor->bytes.data() < end) {
      fail<FormatError>("{}: \"{}\" and \"{}\" overlap in the file", file, before->name,
                        tensor->name);
    }
    if (tensor->bytes.data() > end) {
      fail<FormatError>("{}: {} bytes of data before \"{}\" belong to no tensor", file,
                        tensor->bytes.data() - end, tensor->name);
    }
    end += tensor->bytes.size();
    before = tensor;
  }
  if (const auto rest = data.data() + data.size() - end; rest > 0) {
    fail<FormatError>("{}: {} bytes at the end of the file belong to no tensor", file, rest);
  }
}

}  // namespace

SafetensorsHeader parse_safetensors(std::span<const std::byte> bytes, std::string_view file) {
  const std::string_view text = header_text(bytes, file);
  const std::span<const std::byte> data = bytes.subspan(length_bytes + text.size());
  const json entries = parse_json_unique(text, fmt::format("{}: header", file));

  SafetensorsHeader header;
  for (const auto& [name, entry] : entries.items()) {  // sorted: json objects are std::map
    if (name == "__metadata__") {
      header.metadata = read_metadata(entry, file);
    } else {
      header.tensors.push_back(read_tensor(name, entry, data, file));
    }
  }
  check_tiling(header.tensors, data, file);
  return header;
}

}  // namespace aqua::formats
