#include "aqua/formats/json_file.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "aqua/formats/mapped_file.hpp"

namespace aqua::formats {
namespace {

using nlohmann::json;

[[noreturn]] void fail_syntax(std::string_view context, const json::parse_error& error) {
  fail<FormatError>("{}: not valid JSON at byte {}", context, error.byte);
}

}  // namespace

json parse_json(std::string_view text, std::string_view context) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    fail_syntax(context, error);
  }
}

json parse_json_unique(std::string_view text, std::string_view context) {
  std::vector<std::set<std::string>> open_objects;
  std::optional<std::string> repeated;
  const auto watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == json::parse_event_t::object_end) open_objects.pop_back();
    if (event == json::parse_event_t::key && !repeated &&
        !open_objects.back().insert(parsed.get<std::string>()).second) {
      repeated = parsed.get<std::string>();
    }
    return true;
  };
  json result;
  try {
    result = json::parse(text, watch);
  } catch (const json::parse_error& error) {
    fail_syntax(context, error);
  }
  if (repeated) fail<FormatError>("{}: \"{}\" appears more than once", context, *repeated);
  return result;
}

json read_json(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_json({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()},
                    path.string());
}

std::string json_excerpt(const json& value) {
  constexpr std::size_t longest = 40;
  if (value.is_object()) return "an object";
  // Lists of lists are not shown either: printing recurses, and a hostile file nests deeply.
  const auto is_nested = [](const json& item) { return item.is_structured(); };
  if (value.is_array() && (value.size() > 8 || std::ranges::any_of(value, is_nested))) {
    return fmt::format("a list of {}", value.size());
  }
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "…";
  return text;
}

namespace detail {

void fail_json_type(std::string_view context, std::string_view expected, const json& found) {
  fail<FormatError>("{}: expected {}, found {}", context, expected, json_excerpt(found));
}

const json* find_json(const json& object, std::string_view key, std::string_view context) {
  if (!object.is_object()) fail_json_type(context, "an object", object);
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace detail
}  // namespace aqua::formats
