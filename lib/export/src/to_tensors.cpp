#include <fmt/format.h>

#include <cstring>

#include "named_tensors.hpp"
#include "types.hpp"

namespace aqua::exporter {

constexpr NamingScheme hugging_face_names{.before = "model.layers.",
                                          .between = ".self_attn.",
                                          .after = "",
                                          .projection = "aqua_proj",
                                          .query_projection = "aqua_query_proj",
                                          .key_projection = "aqua_key_proj",
                                          .singular_values = "aqua_singular_values",
                                          .kept = "aqua_kept"};

NamedTensors to_tensors(const store::ProjectionFile& projection, const NamingScheme& scheme) {
  const std::vector<int64_t> matrices{projection.kv_heads, projection.head_dim, projection.columns};
  const std::vector<int64_t> vectors{projection.kv_heads, projection.columns};
  NamedTensors named;
  const auto add = [&](LayerIndex layer, std::string_view role, formats::DType type,
                       const std::vector<int64_t>& shape) -> std::span<std::byte> {
    const int64_t elements = shape.size() == 1 ? projection.kv_heads
                             : shape.size() == 2
                                 ? projection.kv_heads * projection.columns
                                 : projection.kv_heads * projection.head_dim * projection.columns;
    auto& bytes = *named.storage.emplace_back(std::make_unique<std::vector<std::byte>>(
        static_cast<std::size_t>(elements * formats::size_of(type))));
    named.tensors.push_back(
        {fmt::format("{}{}{}{}{}", scheme.before, layer.value, scheme.between, role, scheme.after),
         type, shape, bytes});
    return bytes;
  };
  const formats::DType type = dtype_of(projection.type);
  const auto add_maps = [&](LayerIndex layer, std::string_view role,
                            const std::vector<float>& maps) {
    formats::from_float32(type, maps, add(layer, role, type, matrices));
  };
  for (const store::ProjectionLayer& layer : projection.layers) {
    if (layer.key_map.empty()) {
      add_maps(layer.layer, scheme.projection, layer.query_map);
    } else {
      add_maps(layer.layer, scheme.query_projection, layer.query_map);
      add_maps(layer.layer, scheme.key_projection, layer.key_map);
    }
    if (!layer.singular_values.empty()) {
      formats::from_float32(formats::DType::f32, layer.singular_values,
                            add(layer.layer, scheme.singular_values, formats::DType::f32, vectors));
    }
    if (!layer.kept.empty()) {
      const auto bytes = add(layer.layer, scheme.kept, formats::DType::i32, {projection.kv_heads});
      std::memcpy(bytes.data(), layer.kept.data(), bytes.size());
    }
  }
  return named;
}

}  // namespace aqua::exporter
