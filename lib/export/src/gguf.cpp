#include "aqua/formats/gguf.hpp"

#include "first_bytes.hpp"
#include "formats.hpp"
#include "named_tensors.hpp"

namespace aqua::exporter {
namespace {

constexpr NamingScheme gguf_names{.before = "blk.",
                                  .between = ".",
                                  .after = ".weight",
                                  .projection = "attn_aqua_proj",
                                  .query_projection = "attn_aqua_query_proj",
                                  .key_projection = "attn_aqua_key_proj",
                                  .singular_values = "attn_aqua_singular_values",
                                  .kept = "attn_aqua_kept"};
constexpr std::string_view prefix = "aqua.";

void write_gguf_file(const store::ProjectionFile& projection, const std::filesystem::path& path) {
  const NamedTensors named = to_tensors(projection, gguf_names);
  std::vector<std::pair<std::string, formats::GgufValue>> values{
      {"general.architecture", std::string("aqua")}, {"general.type", std::string("aqua")}};
  if (const auto* model = projection.attribute("base_model")) {
    values.emplace_back("general.name",
                        fmt::format("AQUA projections of {}", std::get<std::string>(*model)));
  }
  for (const auto& [name, value] : projection.attributes) {
    values.emplace_back(
        fmt::format("{}{}", prefix, name),
        std::visit([](const auto& held) { return formats::GgufValue(held); }, value));
  }
  AtomicFile file(path);
  formats::write_gguf(file, values, named.tensors);
  file.commit();
}

bool is_gguf_file(const std::filesystem::path& path) { return starts_with(path, "GGUF"); }

store::ProjectionFile read_gguf_file(const std::filesystem::path& path) {
  const auto file = formats::open_gguf(path);
  if (const auto& type = formats::gguf_value_or<std::string>(*file, "general.type", "");
      type != "aqua") {
    fail<FormatError>("{}: \"general.type\": expected aqua, found \"{}\"", path.string(), type);
  }
  Attributes attributes;
  for (const auto& [key, value] : file->values()) {
    if (!key.starts_with(prefix)) continue;
    const std::string name = key.substr(prefix.size());
    if (const auto* text = std::get_if<std::string>(&value)) attributes.emplace_back(name, *text);
    if (const auto* number = std::get_if<int64_t>(&value)) attributes.emplace_back(name, *number);
  }
  return from_tensors(*file, std::move(attributes), gguf_names);
}

}  // namespace

ExportFormat gguf_format() {
  return {.name = "gguf",
          .extension = ".gguf",
          .description = "GGUF: blk.N.attn_aqua_proj.weight, keys aqua.*",
          .bfloat16 = true,
          .write = &write_gguf_file,
          .matches = &is_gguf_file,
          .read = &read_gguf_file};
}

}  // namespace aqua::exporter
