#include "common/config_file.hpp"

#include <toml++/toml.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <set>

#include "aqua/core/error.hpp"
#include "common/command.hpp"

namespace aqua::tools {
namespace {

class ConfigReader {
 public:
  ConfigReader(const std::filesystem::path& path, CLI::App& command)
      : path_(path.string()), command_(command) {
    for (const CLI::Option* option : command.get_options()) {
      if (option->count() > 0) given_.insert(option);
    }
  }

  void read() {
    const toml::table file = parse();
    CLI::App* root = &command_;
    while (root->get_parent() != nullptr) root = root->get_parent();
    // Later values replace earlier ones: the top of the file first, then the subcommand's table.
    read_keys(file, command_);
    read_tables(file, *root);
  }

 private:
  toml::table parse() const {
    if (!std::filesystem::is_regular_file(path_)) {
      fail<FormatError>("{}: there is no such file", path_);
    }
    try {
      return toml::parse_file(path_);
    } catch (const toml::parse_error& error) {
      fail<FormatError>("{}:{}: not TOML: {}", path_, error.source().begin.line,
                        error.description());
    }
  }

  void read_tables(const toml::table& table, CLI::App& app) {
    for (const auto& [key, node] : table) {
      const toml::table* inner = node.as_table();
      if (inner == nullptr) continue;
      CLI::App* sub = subcommand(app, key.str());
      if (sub == nullptr) {
        fail<UsageError>("{}: [{}] is not a subcommand of aqua", where(node), key.str());
      }
      read_keys(*inner, *sub);
      read_tables(*inner, *sub);
    }
  }

  static CLI::App* subcommand(CLI::App& app, std::string_view name) {
    for (CLI::App* sub : app.get_subcommands({})) {
      if (sub->get_name() == name) return sub;
    }
    return nullptr;
  }

  void read_keys(const toml::table& table, CLI::App& app) {
    for (const auto& [key, node] : table) {
      if (node.is_table()) continue;
      const std::string name(key.str());
      CLI::Option* option = app.get_option_no_throw("--" + name);
      if (option == nullptr || name == "config" || name == "help") {
        fail<UsageError>("{}: \"{}\" is not an option of aqua {}", where(node), name,
                         command_name(app));
      }
      const std::vector<std::string> values = values_of(name, node);
      if (&app == &command_ && !given_.contains(option)) set(*option, name, node, values);
    }
  }

  void set(CLI::Option& option, const std::string& name, const toml::node& node,
           const std::vector<std::string>& values) const {
    try {
      option.clear();
      for (const std::string& value : values) option.add_result(value);
      option.run_callback();
    } catch (const CLI::ParseError& error) {
      fail<UsageError>("{}: {}: {}", where(node), name, error.what());
    }
  }

  std::vector<std::string> values_of(const std::string& name, const toml::node& node) const {
    std::vector<std::string> values;
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& item : *array) values.push_back(value_of(name, item));
    } else {
      values.push_back(value_of(name, node));
    }
    return values;
  }

  std::string value_of(const std::string& name, const toml::node& node) const {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto integer = node.value_exact<int64_t>()) return fmt::format("{}", *integer);
    if (const auto real = node.value_exact<double>()) return fmt::format("{}", *real);
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    fail<UsageError>("{}: {}: expected a string, a number, true, false or a list of these",
                     where(node), name);
  }

  std::string where(const toml::node& node) const {
    return fmt::format("{}:{}", path_, node.source().begin.line);
  }

  std::string path_;
  CLI::App& command_;
  std::set<const CLI::Option*> given_;
};

}  // namespace

void apply_config_file(const std::filesystem::path& path, CLI::App& command) {
  ConfigReader(path, command).read();
}

}  // namespace aqua::tools
