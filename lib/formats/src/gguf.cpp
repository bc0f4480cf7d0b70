// One GGUF file, or the parts of a split one, behind the TensorFile interface.
#include "aqua/formats/gguf.hpp"

#include <algorithm>

#include "aqua/core/error.hpp"
#include "aqua/formats/mapped_file.hpp"
#include "gguf_header.hpp"

namespace aqua::formats {
namespace {

namespace fs = std::filesystem;

struct Part {
  MappedFile file;
  GgufHeader header;

  explicit Part(const fs::path& path)
      : file(path), header(parse_gguf(file.bytes(), path.string())) {}
};

int64_t split_count(const Part& part) {
  const auto found = part.header.values.find("split.count");
  if (found == part.header.values.end()) return 1;
  const auto* count = std::get_if<int64_t>(&found->second);
  if (count == nullptr || *count < 0 || *count > 99999) {
    fail<FormatError>("{}: \"split.count\": expected a number from 0 to 99999",
                      part.file.path().string());
  }
  return std::max<int64_t>(*count, 1);
}

// NAME-00002-of-00003.gguf → the paths of parts 1 to 3.
std::vector<fs::path> part_paths(const fs::path& path, int64_t count) {
  const std::string name = path.filename().string();
  const std::string ending = fmt::format("-of-{:05}.gguf", count);
  const std::size_t digits = 6;  // "-00001"
  if (name.size() < ending.size() + digits || !name.ends_with(ending)) {
    fail<FormatError>("{}: \"split.count\" says {} parts: expected a name like NAME-00001{}",
                      path.string(), count, ending);
  }
  const std::string stem = name.substr(0, name.size() - ending.size() - digits);
  std::vector<fs::path> paths;
  for (int64_t i = 1; i <= count; ++i) {
    paths.push_back(path.parent_path() / fmt::format("{}-{:05}{}", stem, i, ending));
  }
  return paths;
}

class GgufParts final : public GgufFile {
 public:
  explicit GgufParts(const fs::path& path) {
    Part given(path);
    const int64_t count = split_count(given);
    if (count == 1) {
      parts_.push_back(std::move(given));
    } else {
      for (const fs::path& part : part_paths(path, count)) parts_.emplace_back(part);
    }
    for (const Part& part : parts_) {
      for (const Tensor& tensor : part.header.tensors) {
        if (!tensors_.emplace(tensor.name, Place{&tensor, &part.file}).second) {
          fail<FormatError>("{}: \"{}\" also stands in another part", tensor.file, tensor.name);
        }
      }
    }
    for (const auto& [key, value] : values()) {
      if (const auto* text = std::get_if<std::string>(&value)) metadata_.emplace(key, *text);
    }
  }

  // The first part holds the model's metadata.
  const GgufMetadata& values() const override { return parts_.front().header.values; }

  const Tensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : found->second.tensor;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto& [name, place] : tensors_) result.push_back(name);
    return result;
  }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }
  std::vector<fs::path> files() const override {
    std::vector<fs::path> result;
    for (const Part& part : parts_) result.push_back(part.file.path());
    return result;
  }
  void release(const Tensor& tensor) const override {
    if (const auto found = tensors_.find(tensor.name); found != tensors_.end()) {
      found->second.file->release(tensor.bytes);
    }
  }

 private:
  struct Place {
    const Tensor* tensor;
    const MappedFile* file;
  };

  std::vector<Part> parts_;
  std::map<std::string, Place, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

template <class T>
constexpr std::string_view description = "a value";
template <>
constexpr std::string_view description<int64_t> = "an integer";
template <>
constexpr std::string_view description<double> = "a floating-point number";
template <>
constexpr std::string_view description<bool> = "a boolean";
template <>
constexpr std::string_view description<std::string> = "a string";
template <>
constexpr std::string_view description<std::vector<int64_t>> = "an array of integers";
template <>
constexpr std::string_view description<std::vector<double>> = "an array of floating-point numbers";
template <>
constexpr std::string_view description<std::vector<bool>> = "an array of booleans";
template <>
constexpr std::string_view description<std::vector<std::string>> = "an array of strings";

template <class T>
const T& as(const GgufFile& file, std::string_view key, const GgufValue& value) {
  if (const T* typed = std::get_if<T>(&value)) return *typed;
  const auto found =
      std::visit([](const auto& v) { return description<std::decay_t<decltype(v)>>; }, value);
  fail<FormatError>("{}: \"{}\": expected {}, found {}", file.files().front().string(), key,
                    description<T>, found);
}

}  // namespace

std::unique_ptr<GgufFile> open_gguf(const fs::path& path) {
  return std::make_unique<GgufParts>(path);
}

template <class T>
const T& gguf_value(const GgufFile& file, std::string_view key) {
  const auto found = file.values().find(key);
  if (found == file.values().end()) {
    fail<FormatError>("{}: \"{}\" is missing", file.files().front().string(), key);
  }
  return as<T>(file, key, found->second);
}

template <class T>
T gguf_value_or(const GgufFile& file, std::string_view key, T fallback) {
  const auto found = file.values().find(key);
  return found == file.values().end() ? std::move(fallback) : as<T>(file, key, found->second);
}

#define AQUA_INSTANTIATE(T)                                           \
  template const T& gguf_value<T>(const GgufFile&, std::string_view); \
  template T gguf_value_or<T>(const GgufFile&, std::string_view, T)
AQUA_INSTANTIATE(int64_t);
AQUA_INSTANTIATE(double);
AQUA_INSTANTIATE(bool);
AQUA_INSTANTIATE(std::string);
AQUA_INSTANTIATE(std::vector<int64_t>);
AQUA_INSTANTIATE(std::vector<double>);
AQUA_INSTANTIATE(std::vector<bool>);
AQUA_INSTANTIATE(std::vector<std::string>);
#undef AQUA_INSTANTIATE

}  // namespace aqua::formats
