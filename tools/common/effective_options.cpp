#include "common/effective_options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>
#include <set>

namespace aqua::tools {
namespace {

using Json = nlohmann::ordered_json;

/// Numbers and truth values as such, everything else as a string.
Json typed(const std::string& text) {
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_number() || value.is_boolean() ? value : Json(text);
}

/// CLI11 writes the default of a list as [a,b].
std::vector<std::string> default_values(const std::string& text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return {text};
  return CLI::detail::split(text.substr(1, text.size() - 2), ',');
}

}  // namespace

std::string effective_options(const CLI::App& command) {
  static const std::set<std::string> reporting{"json", "quiet",  "config",
                                               "help", "resume", "save-every"};
  Json options = Json::object();
  for (const CLI::Option* option : command.get_options()) {
    const std::vector<std::string>& long_names = option->get_lnames();
    const std::string name = long_names.empty() ? option->get_name(true) : long_names.front();
    if (reporting.contains(name)) continue;
    const bool given = option->count() > 0;
    const std::vector<std::string> values =
        given ? option->results() : default_values(option->get_default_str());
    if (!given && option->get_default_str().empty()) continue;
    if (option->get_expected_max() > 1) {
      Json list = Json::array();
      for (const std::string& value : values) list.push_back(typed(value));
      options[name] = std::move(list);
    } else {
      options[name] = typed(values.front());
    }
  }
  return options.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace aqua::tools
