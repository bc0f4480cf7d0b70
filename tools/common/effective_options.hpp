// The options that a run used, for provenance.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace aqua::tools {

/// A JSON object: long option name → value, whether given or default. Options without a value are
/// left out, as are those that only say how to report (json, quiet, config, help).
std::string effective_options(const CLI::App& command);

}  // namespace aqua::tools
