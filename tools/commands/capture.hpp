// aqua capture: keep the query and key vectors of one corpus in a file.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct CaptureOptions {
  CommonOptions common;
  ComputeOptions compute;
  InputOptions input;
  std::string site = "post_rope";  ///< or "pre_rope", "both"
  bool no_values = false;
  std::string output;  ///< empty: <model name>.<corpus>.activations.h5 in the current folder
};

Command setup_capture(CLI::App& parent);
void run_capture(const CaptureOptions& options);

}  // namespace aqua::tools
