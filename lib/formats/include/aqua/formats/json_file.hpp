// JSON files, through nlohmann::json.
#pragma once

#include <concepts>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "aqua/core/error.hpp"

namespace aqua::formats {

/// Parses a whole JSON file. FormatError naming the path and, for a syntax error, the byte offset.
nlohmann::json read_json(const std::filesystem::path& path);
/// Parses text that stands in `context` (a file and, if any, a place in it).
nlohmann::json parse_json(std::string_view text, std::string_view context);
/// The same, but a name that appears twice in one object is a FormatError that names it, too.
nlohmann::json parse_json_unique(std::string_view text, std::string_view context);

/// A JSON value in a few characters, for messages.
std::string json_excerpt(const nlohmann::json& value);

/// value as T: bool, an integer, a floating type (which also takes a JSON integer), std::string,
/// nlohmann::json, or a std::vector of these. FormatError, starting with `context`, when it is of
/// another type or an integer out of T's range.
template <class T>
T json_as(const nlohmann::json& value, std::string_view context);

/// object[key] converted to T; FormatError naming `context` and key when it is missing or of
/// another type. The second form returns `fallback` when the key is missing or null.
template <class T>
T json_value(const nlohmann::json& object, std::string_view key, std::string_view context);
template <class T>
T json_value_or(const nlohmann::json& object, std::string_view key, std::string_view context,
                T fallback);

// Definitions of the templates.

namespace detail {

[[noreturn]] void fail_json_type(std::string_view context, std::string_view expected,
                                 const nlohmann::json& found);
/// Null when missing; FormatError when `object` is not an object.
const nlohmann::json* find_json(const nlohmann::json& object, std::string_view key,
                                std::string_view context);

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};

}  // namespace detail

template <class T>
T json_as(const nlohmann::json& value, std::string_view context) {
  if constexpr (std::same_as<T, nlohmann::json>) {
    return value;
  } else if constexpr (std::same_as<T, bool>) {
    if (!value.is_boolean()) detail::fail_json_type(context, "true or false", value);
    return value.get<bool>();
  } else if constexpr (std::integral<T>) {
    if (!value.is_number_integer()) detail::fail_json_type(context, "an integer", value);
    const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<uint64_t>())
                                                 : std::in_range<T>(value.get<int64_t>());
    if (!fits) fail<FormatError>("{}: {} is out of range", context, json_excerpt(value));
    return value.get<T>();
  } else if constexpr (std::floating_point<T>) {
    if (!value.is_number()) detail::fail_json_type(context, "a number", value);
    return value.get<T>();
  } else if constexpr (std::same_as<T, std::string>) {
    if (!value.is_string()) detail::fail_json_type(context, "a string", value);
    return value.get<std::string>();
  } else {
    static_assert(detail::is_vector<T>::value, "not a type that JSON values convert to");
    if (!value.is_array()) detail::fail_json_type(context, "a list", value);
    T items;
    items.reserve(value.size());
    for (const auto& item : value) {
      items.push_back(
          json_as<typename T::value_type>(item, fmt::format("{}[{}]", context, items.size())));
    }
    return items;
  }
}

template <class T>
T json_value(const nlohmann::json& object, std::string_view key, std::string_view context) {
  const nlohmann::json* value = detail::find_json(object, key, context);
  if (value == nullptr) fail<FormatError>("{}: \"{}\" is missing", context, key);
  return json_as<T>(*value, fmt::format("{}: \"{}\"", context, key));
}

template <class T>
T json_value_or(const nlohmann::json& object, std::string_view key, std::string_view context,
                T fallback) {
  const nlohmann::json* value = detail::find_json(object, key, context);
  if (value == nullptr || value->is_null()) return fallback;
  return json_as<T>(*value, fmt::format("{}: \"{}\"", context, key));
}

}  // namespace aqua::formats
