#include "aqua/formats/safetensors.hpp"

#include "assemble.hpp"
#include "formats.hpp"

namespace aqua::exporter {
namespace {

/// safetensors metadata holds strings only.
std::string as_text(const store::ProjectionFile::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : fmt::format("{}", std::get<int64_t>(value));
}

void write(const store::Calibration& calibration, const ExportOptions& options,
           const std::filesystem::path& path) {
  const store::ProjectionFile projection = assemble(calibration, options);
  const std::vector<int64_t> matrices{projection.kv_heads, projection.head_dim,
                                      projection.head_dim};
  const std::vector<int64_t> vectors{projection.kv_heads, projection.head_dim};

  std::vector<formats::NewTensor> tensors;
  const auto add = [&](LayerIndex layer, std::string_view name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values) {
    tensors.push_back({fmt::format("model.layers.{}.self_attn.{}", layer.value, name),
                       formats::DType::f32, shape, std::as_bytes(std::span(values))});
  };
  for (const store::ProjectionLayer& layer : projection.layers) {
    if (layer.key_map.empty()) {
      add(layer.layer, "aqua_proj", matrices, layer.query_map);
    } else {
      add(layer.layer, "aqua_query_proj", matrices, layer.query_map);
      add(layer.layer, "aqua_key_proj", matrices, layer.key_map);
    }
    if (!layer.singular_values.empty()) {
      add(layer.layer, "aqua_singular_values", vectors, layer.singular_values);
    }
  }

  std::vector<std::pair<std::string, std::string>> metadata;
  for (const auto& [name, value] : projection.attributes) {
    metadata.emplace_back(name, as_text(value));
  }
  AtomicFile file(path);
  formats::write_safetensors(file, tensors, metadata);
  file.commit();
}

}  // namespace

ExportFormat safetensors_format() {
  return {.name = "safetensors",
          .extension = ".safetensors",
          .description =
              "safetensors: model.layers.N.self_attn.aqua_proj [H_kv, d, d] float32, "
              "metadata strings in the header",
          .write = &write};
}

}  // namespace aqua::exporter
