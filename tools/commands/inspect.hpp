// aqua inspect: what a file, a model folder or this machine holds.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct InspectOptions {
  CommonOptions common;
  std::string path;
  bool system = false;
  bool supported = false;
};

Command setup_inspect(CLI::App& parent);
void run_inspect(const InspectOptions& options);

}  // namespace aqua::tools
