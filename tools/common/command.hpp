// What a subcommand gives to main: its CLI11 app and what to do when the user asked for it.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace aqua::tools {

struct CommonOptions;

/// The app and the options live as long as `run`.
struct Command {
  CLI::App* app = nullptr;
  CommonOptions* common = nullptr;
  std::function<void()> run;
};

/// Words after "aqua", e.g. "analyze retention".
std::string command_name(const CLI::App& app);

}  // namespace aqua::tools
