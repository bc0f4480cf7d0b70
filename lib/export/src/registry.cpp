#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "aqua/core/error.hpp"
#include "formats.hpp"

namespace aqua::exporter {

std::span<const ExportFormat> export_formats() {
  static const std::array formats{
      safetensors_format(),
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

}  // namespace aqua::exporter
