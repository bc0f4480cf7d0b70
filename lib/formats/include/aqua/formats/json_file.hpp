// JSON files, through nlohmann::json.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace aqua::formats {

/// Parses a whole JSON file. FormatError naming the path and, for a syntax error, the byte offset.
nlohmann::json read_json(const std::filesystem::path& path);
/// Parses text that stands in `context` (a file and, if any, a place in it).
nlohmann::json parse_json(std::string_view text, std::string_view context);

/// object[key] converted to T; FormatError naming `context` and key when it is missing or of another
/// type. The second form returns `fallback` when the key is missing or null.
template <class T>
T json_value(const nlohmann::json& object, std::string_view key, std::string_view context);
template <class T>
T json_value_or(const nlohmann::json& object, std::string_view key, std::string_view context,
                T fallback);

}  // namespace aqua::formats
