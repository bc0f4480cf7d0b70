// aqua: reads the command line, runs one subcommand, and turns what went wrong into an exit status:
// 0 done, 1 internal or numerical failure, 2 wrong usage, 3 unreadable or invalid input (or an
// output that cannot be written), 4 a check that did not hold. After an interrupt, the signal's
// own.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <new>
#include <vector>

#include "aqua/core/error.hpp"
#include "aqua/core/version.hpp"
#include "commands/analyze_breakeven.hpp"
#include "commands/analyze_convergence.hpp"
#include "commands/analyze_needle.hpp"
#include "commands/analyze_perplexity.hpp"
#include "commands/analyze_retention.hpp"
#include "commands/analyze_sensitivity.hpp"
#include "commands/analyze_spectrum.hpp"
#include "commands/analyze_transfer.hpp"
#include "commands/calibrate.hpp"
#include "commands/capture.hpp"
#include "commands/export.hpp"
#include "commands/inspect.hpp"
#include "commands/plan.hpp"
#include "commands/report.hpp"
#include "commands/merge.hpp"
#include "commands/verify.hpp"
#include "common/config_file.hpp"
#include "common/effective_options.hpp"
#include "common/help_formatter.hpp"
#include "common/interrupt.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

enum ExitStatus { done = 0, failure = 1, wrong_usage = 2, bad_input = 3, check_failed = 4 };

std::vector<Command> setup(CLI::App& app) {
  app.formatter(make_help_formatter());
  app.set_version_flag("--version", fmt::format("aqua {}", version()), "print the version");
  app.require_subcommand(1);
  app.footer("Help on one of them, with an example: aqua calibrate --help");
  std::vector<Command> commands{setup_calibrate(app), setup_capture(app)};
  CLI::App* analyze =
      app.add_subcommand("analyze", "Measure: what a basis loses, how a model predicts");
  analyze->require_subcommand(1);
  commands.push_back(setup_analyze_retention(*analyze));
  commands.push_back(setup_analyze_transfer(*analyze));
  commands.push_back(setup_analyze_spectrum(*analyze));
  commands.push_back(setup_analyze_convergence(*analyze));
  commands.push_back(setup_analyze_sensitivity(*analyze));
  commands.push_back(setup_analyze_perplexity(*analyze));
  commands.push_back(setup_analyze_breakeven(*analyze));
  commands.push_back(setup_analyze_needle(*analyze));
  commands.push_back(setup_plan(app));
  commands.push_back(setup_export(app));
  commands.push_back(setup_report(app));
  commands.push_back(setup_merge(app));
  commands.push_back(setup_inspect(app));
  commands.push_back(setup_verify(app));
  return commands;
}

void run(Command& command) {
  CommonOptions& common = *command.common;
  common.command = command_name(*command.app);
  if (!common.config.empty()) apply_config_file(common.config, *command.app);
  common.effective = effective_options(*command.app);
  command.run();
}

/// The deepest subcommand that the user named, for hints.
std::string named_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? command_name(app) : named_command(*chosen.front());
}

void parse_and_run(int argc, char** argv) {
  CLI::App app{"Offline calibration and analysis for AQUA attention", "aqua"};
  std::vector<Command> commands = setup(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print_result(app.help());
  } catch (const CLI::CallForVersion& call) {
    return print_result(fmt::format("{}\n", call.what()));
  } catch (const CLI::ParseError& error) {
    const std::string command = named_command(app);
    // CLI11 misses the subcommand before it looks at the word that should have been one.
    const std::vector<std::string> unknown = app.remaining(true);
    const bool other_word = error.get_name() == "RequiredError" && !unknown.empty();
    fail<UsageError>(
        "{}; see aqua {}{}--help",
        other_word ? fmt::format("\"{}\" is not known here", unknown.front()) : error.what(),
        command, command.empty() ? "" : " ");
  }
  for (Command& command : commands) {
    if (command.app->parsed()) return run(command);
  }
}

ExitStatus report_failure(const char* message, ExitStatus status) {
  fmt::print(stderr, "aqua: {}\n", message);
  return status;
}

ExitStatus guarded(int argc, char** argv) {
  try {
    parse_and_run(argc, argv);
    return done;
  } catch (const Interrupted&) {
    fmt::print(stderr, "aqua: interrupted\n");
    end_by_signal();
  } catch (const UsageError& error) {
    return report_failure(error.what(), wrong_usage);
  } catch (const FormatError& error) {
    return report_failure(error.what(), bad_input);
  } catch (const CheckError& error) {
    return report_failure(error.what(), check_failed);
  } catch (const Error& error) {
    return report_failure(error.what(), failure);
  } catch (const std::bad_alloc&) {
    return report_failure("not enough memory", failure);
  } catch (const std::exception& error) {
    return report_failure(fmt::format("internal error: {}", error.what()).c_str(), failure);
  }
}

}  // namespace
}  // namespace aqua::tools

int main(int argc, char** argv) {
  aqua::tools::install_signal_handlers();
  return aqua::tools::guarded(argc, argv);
}
