// Telling formats apart.
#pragma once

#include <filesystem>
#include <string_view>

namespace aqua::exporter {

/// Whether the file exists and starts with these bytes.
bool starts_with(const std::filesystem::path& path, std::string_view bytes);

}  // namespace aqua::exporter
