#include "aqua/store/projection_file.hpp"

#include <array>
#include <cmath>

#include "facts.hpp"
#include "input_file.hpp"
#include "output_file.hpp"

namespace aqua::store {
namespace {

int64_t positive(const InputFile& file, const char* name) {
  const int64_t value = file.int_attribute(root_group, name);
  if (value < 1) file.fail_at(fmt::format("/@{}", name), "expected at least 1, found {}", value);
  return value;
}

std::vector<float> read_finite_floats(const InputFile& file, const std::string& dataset,
                                      std::span<const int64_t> shape) {
  std::vector<float> values = file.read<float>(dataset, shape);
  for (const float value : values) {
    if (!std::isfinite(value)) file.fail_at(dataset, "expected finite numbers, found {}", value);
  }
  return values;
}

}  // namespace

void write_projection_file(const std::filesystem::path& path, const ProjectionFile& projection) {
  OutputFile file(path);
  for (const auto& [name, value] : projection.attributes) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      file.attribute(root_group, name.c_str(), *text);
    } else {
      file.attribute(root_group, name.c_str(), std::get<int64_t>(value));
    }
  }
  const std::array matrices{projection.kv_heads, projection.head_dim, projection.head_dim};
  const std::array vectors{projection.kv_heads, projection.head_dim};
  for (const ProjectionLayer& layer : projection.layers) {
    const std::string group = layer_path(layer.layer);
    if (layer.key_map.empty()) {
      file.dataset<float>(group + "/projection", matrices, layer.query_map);
    } else {
      file.dataset<float>(group + "/query_projection", matrices, layer.query_map);
      file.dataset<float>(group + "/key_projection", matrices, layer.key_map);
    }
    if (!layer.singular_values.empty()) {
      file.dataset<float>(group + "/singular_values", vectors, layer.singular_values);
    }
  }
  file.commit();
}

ProjectionFile read_projection_file(const std::filesystem::path& path) {
  const InputFile file = open_format(path, projection_format);
  ProjectionFile projection;
  for (const std::string& name : file.attributes(root_group)) {
    if (file.has_string_attribute(root_group, name.c_str())) {
      projection.attributes.emplace_back(name, file.string_attribute(root_group, name.c_str()));
    } else if (file.has_int_attribute(root_group, name.c_str())) {
      projection.attributes.emplace_back(name, file.int_attribute(root_group, name.c_str()));
    }
  }
  projection.kv_heads = positive(file, "num_key_value_heads");
  projection.head_dim = positive(file, "head_dim");
  const std::array matrices{projection.kv_heads, projection.head_dim, projection.head_dim};
  const std::array vectors{projection.kv_heads, projection.head_dim};
  for (const LayerIndex layer : read_layers(file, positive(file, "num_hidden_layers"))) {
    const std::string group = layer_path(layer);
    ProjectionLayer maps;
    maps.layer = layer;
    if (file.has(group + "/query_projection")) {
      maps.query_map = read_finite_floats(file, group + "/query_projection", matrices);
      maps.key_map = read_finite_floats(file, group + "/key_projection", matrices);
    } else {
      maps.query_map = read_finite_floats(file, group + "/projection", matrices);
    }
    if (file.has(group + "/singular_values")) {
      maps.singular_values = read_finite_floats(file, group + "/singular_values", vectors);
    }
    projection.layers.push_back(std::move(maps));
  }
  return projection;
}

}  // namespace aqua::store
