#include <fmt/format.h>

#include "aqua/report/describe.hpp"

namespace aqua::report {

Summary describe_projection(const std::filesystem::path& path, const store::ProjectionFile& file) {
  Section metadata{.key = "metadata", .title = "Metadata"};
  for (const auto& [key, value] : file.attributes) {
    metadata.facts.push_back({key, printable(key),
                              std::visit([](const auto& held) { return Value(held); }, value),
                              Style::identifier});
  }
  Section layers{.key = "layers",
                 .title = "Layers",
                 .columns = {{"layer", "layer"},
                             {"maps", "maps", Align::left},
                             {"shape", "shape", Align::left},
                             {"singular_values", "singular values", Align::left}}};
  for (const store::ProjectionLayer& layer : file.layers) {
    layers.rows.push_back(
        {int64_t{layer.layer.value},
         std::string(layer.key_map.empty() ? "one for queries and keys" : "query, key"),
         std::vector<int64_t>{file.kv_heads, file.head_dim, file.columns},
         !layer.singular_values.empty()});
  }
  return {.schema = "aqua-inspect-projection",
          .title = fmt::format("{}: AQUA projections", printable(path.string())),
          .sections = {std::move(metadata), std::move(layers)}};
}

}  // namespace aqua::report
