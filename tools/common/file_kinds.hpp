// Telling files apart by their first bytes.
#pragma once

#include <filesystem>

namespace aqua::tools {

/// Whether the file's first character is that of a JSON object. Of our files only plans are JSON.
bool is_json_object(const std::filesystem::path& path);

}  // namespace aqua::tools
