#include "json_node.hpp"

#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::text {

JsonNode::JsonNode(const nlohmann::json& value, std::string file)
    : value_(&value), file_(std::move(file)) {}

JsonNode::JsonNode(const nlohmann::json& value, const JsonNode& parent, std::string path)
    : value_(&value), file_(parent.file_), path_(std::move(path)), depth_(parent.depth_ + 1) {}

std::string JsonNode::where() const {
  return path_.empty() ? file_ : fmt::format("{}: \"{}\"", file_, path_);
}

JsonNode JsonNode::at(std::string_view key) const {
  if (!value_->is_object()) fail_expected("an object");
  const std::string path = path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  const auto found = value_->find(key);
  if (found == value_->end()) fail<FormatError>("{}: \"{}\" is missing", file_, path);
  return {*found, *this, path};
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const {
  if (!value_->is_object()) fail_expected("an object");
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return at(key);
}

std::vector<JsonNode> JsonNode::items() const {
  if (!value_->is_array()) fail_expected("a list");
  std::vector<JsonNode> nodes;
  nodes.reserve(value_->size());
  for (const auto& item : *value_) {
    nodes.push_back(JsonNode(item, *this, fmt::format("{}[{}]", path_, nodes.size())));
  }
  return nodes;
}

std::string JsonNode::string() const { return formats::json_as<std::string>(*value_, where()); }

bool JsonNode::boolean() const { return formats::json_as<bool>(*value_, where()); }

int64_t JsonNode::integer(int64_t least) const {
  const auto value = formats::json_as<int64_t>(*value_, where());
  if (value < least) fail_expected(fmt::format("an integer of at least {}", least));
  return value;
}

bool JsonNode::boolean_or(std::string_view key, bool fallback) const {
  const auto node = find(key);
  return node ? node->boolean() : fallback;
}

void JsonNode::fail_expected(std::string_view expected) const {
  fail<FormatError>("{}: expected {}, found {}", where(), expected, formats::json_excerpt(*value_));
}

}  // namespace aqua::text
