#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "aqua/core/error.hpp"
#include "formats.hpp"

namespace aqua::exporter {

std::span<const ExportFormat> export_formats() {
  static const std::array formats{
      safetensors_format(),
      gguf_format(),
      npz_format(),
      hdf5_format(),
  };
  return formats;
}

const ExportFormat& export_format(std::string_view name) {
  const auto formats = export_formats();
  const auto found = std::ranges::find(formats, name, &ExportFormat::name);
  if (found == formats.end()) {
    std::vector<std::string_view> names;
    for (const ExportFormat& format : formats) names.push_back(format.name);
    fail<UsageError>("format: expected one of {}, found \"{}\"", fmt::join(names, ", "), name);
  }
  return *found;
}

void require_type(const ExportFormat& format, store::MapType type) {
  if (type != store::MapType::bfloat16 || format.bfloat16) return;
  std::vector<std::string_view> names;
  for (const ExportFormat& other : export_formats()) {
    if (other.bfloat16) names.push_back(other.name);
  }
  fail<UsageError>(
      "type: {} has no bfloat16; expected float32 or float16, or one of the formats {}",
      format.name, fmt::join(names, ", "));
}

const ExportFormat* format_of(const std::filesystem::path& path) {
  const auto formats = export_formats();
  const auto found = std::ranges::find_if(
      formats, [&](const ExportFormat& format) { return format.matches(path); });
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace aqua::exporter
