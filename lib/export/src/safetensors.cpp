#include "aqua/formats/safetensors.hpp"

#include "formats.hpp"
#include "named_tensors.hpp"

namespace aqua::exporter {
namespace {

/// safetensors metadata holds strings only.
std::string as_text(const store::ProjectionFile::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : fmt::format("{}", std::get<int64_t>(value));
}

void write_safetensors_file(const store::ProjectionFile& projection,
                            const std::filesystem::path& path) {
  const NamedTensors named = to_tensors(projection, hugging_face_names);
  std::vector<std::pair<std::string, std::string>> metadata;
  for (const auto& [name, value] : projection.attributes) {
    metadata.emplace_back(name, as_text(value));
  }
  AtomicFile file(path);
  formats::write_safetensors(file, named.tensors, metadata);
  file.commit();
}

// The format has no magic bytes: its files start with a length.
bool is_safetensors_file(const std::filesystem::path& path) {
  return path.extension() == ".safetensors";
}

store::ProjectionFile read_safetensors_file(const std::filesystem::path& path) {
  const auto file = formats::open_safetensors(path);
  Attributes attributes(file->metadata().begin(), file->metadata().end());
  return from_tensors(*file, std::move(attributes), hugging_face_names);
}

}  // namespace

ExportFormat safetensors_format() {
  return {.name = "safetensors",
          .extension = ".safetensors",
          .description =
              "safetensors: model.layers.N.self_attn.aqua_proj [H_kv, d, m], metadata "
              "strings in the header",
          .bfloat16 = true,
          .write = &write_safetensors_file,
          .matches = &is_safetensors_file,
          .read = &read_safetensors_file};
}

}  // namespace aqua::exporter
