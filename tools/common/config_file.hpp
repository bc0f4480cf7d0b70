// --config: options from a TOML file.
//
//   seed = 7                      # for every subcommand that is run with this file
//   [calibrate]                   # for `aqua calibrate` only
//   corpus = ["en", "hi"]
//   [analyze.retention]
//   k-ratios = [0.25, 0.5]
//
// Keys are the long names of options. The command line wins over the table of the subcommand, which
// wins over the top of the file.
#pragma once

#include <filesystem>

namespace CLI {
class App;
}

namespace aqua::tools {

/// Gives the options of `command` that the command line left out their values from the file.
/// FormatError when the file cannot be read or is not TOML; UsageError, starting with file and
/// line, for a table that is no subcommand, a key that is no option of its subcommand, or a value
/// of a wrong type. All tables are checked, also those of other subcommands.
void apply_config_file(const std::filesystem::path& path, CLI::App& command);

}  // namespace aqua::tools
