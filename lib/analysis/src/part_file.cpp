#include "part_file.hpp"

namespace aqua::analysis {

void PartWriter::add(const std::string& name, formats::DType type, std::vector<int64_t> shape,
                     std::vector<std::byte> bytes) {
  bytes_.push_back(std::move(bytes));
  tensors_.push_back(
      {.name = name, .dtype = type, .shape = std::move(shape), .bytes = bytes_.back()});
}

void PartWriter::label(std::string key, std::string text) {
  labels_.emplace_back(std::move(key), std::move(text));
}

void PartWriter::write(const std::filesystem::path& path, std::string_view format) const {
  AtomicFile file(path);
  auto metadata = labels_;
  metadata.emplace(metadata.begin(), "format", format);
  formats::write_safetensors(file, tensors_, metadata);
  file.commit();
}

std::unique_ptr<formats::TensorFile> open_part(const std::filesystem::path& path,
                                               std::string_view format) {
  auto file = formats::open_safetensors(path);
  const auto found = file->metadata().find("format");
  if (found == file->metadata().end() || found->second != format) {
    fail<FormatError>("{}: expected the format \"{}\", found {}", path.string(), format,
                      found == file->metadata().end() ? "none" : found->second);
  }
  return file;
}

void fail_part_type(const formats::Tensor& tensor, std::string_view name, formats::DType expected) {
  fail<FormatError>("{}: \"{}\": expected {}, found {}", tensor.file, name, formats::name(expected),
                    formats::name(tensor.dtype));
}

}  // namespace aqua::analysis
