// aqua export: projection files for other runtimes.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct ExportCommandOptions {
  CommonOptions common;
  std::string calibration;
  std::string format;  ///< empty: by the extension of `output`, otherwise safetensors
  std::string method = "aqua";
  std::string site = "post_rope";
  uint64_t seed = 0;
  std::string output;  ///< empty: <calibration>.proj<extension> in the current folder
};

Command setup_export(CLI::App& parent);
void run_export(const ExportCommandOptions& options);

}  // namespace aqua::tools
