#include "aqua/store/projection_file.hpp"

#include <algorithm>
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

std::vector<int32_t> read_kept(const InputFile& file, const std::string& dataset, int64_t kv_heads,
                               int64_t columns) {
  std::vector<int32_t> kept = file.read<int32_t>(dataset, std::array{kv_heads});
  for (const int32_t k : kept) {
    if (k < 1 || k > columns) {
      file.fail_at(dataset, "expected 1 to {} kept dimensions, found {}", columns, k);
    }
  }
  return kept;
}

constexpr std::array<std::pair<MapType, std::string_view>, 3> map_types{
    {{MapType::float32, "float32"},
     {MapType::float16, "float16"},
     {MapType::bfloat16, "bfloat16"}}};

}  // namespace

std::string_view name(MapType type) { return map_types[static_cast<std::size_t>(type)].second; }

MapType map_type_from_name(std::string_view name) {
  for (const auto& [type, known] : map_types) {
    if (known == name) return type;
  }
  fail<UsageError>("type: expected one of float32, float16, bfloat16, found \"{}\"", name);
}

const ProjectionFile::Value* ProjectionFile::attribute(std::string_view name) const {
  const auto found = std::ranges::find(
      attributes, name, [](const auto& entry) { return std::string_view(entry.first); });
  return found == attributes.end() ? nullptr : &found->second;
}

void write_projection_file(const std::filesystem::path& path, const ProjectionFile& projection) {
  if (projection.type == MapType::bfloat16) {
    fail<UsageError>(
        "{}: HDF5 readers know no bfloat16; choose float32 or float16, or another format",
        path.string());
  }
  OutputFile file(path);
  const auto maps = [&](const std::string& dataset, std::span<const int64_t> shape,
                        const std::vector<float>& values) {
    if (projection.type == MapType::float16) {
      file.half_dataset(dataset, shape, values);
    } else {
      file.dataset<float>(dataset, shape, values);
    }
  };
  for (const auto& [name, value] : projection.attributes) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      file.attribute(root_group, name.c_str(), *text);
    } else {
      file.attribute(root_group, name.c_str(), std::get<int64_t>(value));
    }
  }
  const std::array matrices{projection.kv_heads, projection.head_dim, projection.columns};
  const std::array vectors{projection.kv_heads, projection.columns};
  const std::array heads{projection.kv_heads};
  for (const ProjectionLayer& layer : projection.layers) {
    const std::string group = layer_path(layer.layer);
    if (layer.key_map.empty()) {
      maps(group + "/projection", matrices, layer.query_map);
    } else {
      maps(group + "/query_projection", matrices, layer.query_map);
      maps(group + "/key_projection", matrices, layer.key_map);
    }
    if (!layer.singular_values.empty()) {
      file.dataset<float>(group + "/singular_values", vectors, layer.singular_values);
    }
    if (!layer.kept.empty()) file.dataset<int32_t>(group + "/kept", heads, layer.kept);
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
  projection.columns = projection.head_dim;
  if (file.has_int_attribute(root_group, "stored_dims")) {
    projection.columns = positive(file, "stored_dims");
    if (projection.columns > projection.head_dim) {
      file.fail_at("/@stored_dims", "expected at most head_dim, {}, found {}", projection.head_dim,
                   projection.columns);
    }
  }
  const std::array matrices{projection.kv_heads, projection.head_dim, projection.columns};
  const std::array vectors{projection.kv_heads, projection.columns};
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
    if (file.has(group + "/kept")) {
      maps.kept = read_kept(file, group + "/kept", projection.kv_heads, projection.columns);
    }
    const std::string& first =
        maps.key_map.empty() ? group + "/projection" : group + "/query_projection";
    if (file.float_size(first) == 2) projection.type = MapType::float16;
    projection.layers.push_back(std::move(maps));
  }
  return projection;
}

}  // namespace aqua::store
