// A place in a JSON file: a value together with the file and the path that lead to it, so that
// every error can name them.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aqua::text {

/// Views into a JSON document that must outlive it.
class JsonNode {
 public:
  /// The root of a file.
  JsonNode(const nlohmann::json& value, std::string file);

  const nlohmann::json& json() const { return *value_; }
  const std::string& file() const { return file_; }
  /// `file: "a.b[0]"`, the start of every message about this place.
  std::string where() const;
  /// Steps from the root.
  int depth() const { return depth_; }

  /// object[key]; FormatError when this is not an object or has no such key.
  JsonNode at(std::string_view key) const;
  /// The same, or nothing when the key is missing or null.
  std::optional<JsonNode> find(std::string_view key) const;
  /// The items of a list.
  std::vector<JsonNode> items() const;

  std::string string() const;
  bool boolean() const;
  int64_t integer(int64_t least = std::numeric_limits<int64_t>::min()) const;
  /// object[key] as a boolean, `fallback` when missing or null.
  bool boolean_or(std::string_view key, bool fallback) const;

  /// Throws FormatError: `where: expected …, found <this value>`.
  [[noreturn]] void fail_expected(std::string_view expected) const;

 private:
  JsonNode(const nlohmann::json& value, const JsonNode& parent, std::string path);

  const nlohmann::json* value_;
  std::string file_;
  std::string path_;
  int depth_ = 0;
};

}  // namespace aqua::text
