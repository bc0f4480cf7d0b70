#include "common/help_formatter.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>

#include "aqua/report/text_layout.hpp"

namespace aqua::tools {
namespace {

constexpr std::size_t description_column = 28;
constexpr std::size_t width = 80;

class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string description = make_option_desc(option);
    // Flags have a default of no interest.
    if (const std::string value = option->get_default_str(); !value.empty()) {
      description += " (default: " + without_brackets(value) + ")";
    }
    return entry(make_option_name(option, is_positional) + make_option_opts(option), description);
  }

  std::string make_subcommand(const CLI::App* app) const override {
    return entry(app->get_name(), app->get_description());
  }

  std::string make_description(const CLI::App* app) const override {
    return report::wrap(app->get_description(), width) + '\n';
  }

 private:
  static std::string without_brackets(const std::string& list) {
    return list.size() >= 2 && list.front() == '[' ? list.substr(1, list.size() - 2) : list;
  }

  static std::string entry(const std::string& name, const std::string& description) {
    const std::string head = "  " + name;
    const std::string body = report::wrap(description, width, description_column);
    if (head.size() + 2 > description_column) return head + '\n' + body;
    return report::pad(head, description_column, report::Align::left) +
           (body.empty() ? "\n" : body.substr(description_column));
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_formatter() {
  return std::make_shared<HelpFormatter>();
}

}  // namespace aqua::tools
