// aqua merge: several calibrations of one model become one.
#pragma once

#include <string>
#include <vector>

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct MergeOptions {
  CommonOptions common;
  ComputeOptions compute;
  std::vector<std::string> inputs;
  std::string output;
};

Command setup_merge(CLI::App& parent);
void run_merge(const MergeOptions& options);

}  // namespace aqua::tools
