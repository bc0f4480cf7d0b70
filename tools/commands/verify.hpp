// aqua verify: checks of a file that aqua, or somebody else, wrote.
#pragma once

#include <string>

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct VerifyOptions {
  CommonOptions common;
  std::string file;
  std::string model;  ///< empty: the file is not compared with a model
};

Command setup_verify(CLI::App& parent);
void run_verify(const VerifyOptions& options);

}  // namespace aqua::tools
