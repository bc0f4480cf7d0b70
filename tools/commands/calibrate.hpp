// aqua calibrate: fit projections and write a calibration file.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"
#include "common/resumable_fit.hpp"

namespace aqua::tools {

struct CalibrateOptions {
  CommonOptions common;
  ComputeOptions compute;
  InputOptions input;
  ResumeOptions resume;
  std::string site = "post_rope";  ///< or "pre_rope", "both"
  bool dry_run = false;            ///< say what it would take, and stop
  std::string output;              ///< empty: <model name>.aqua.h5 in the current folder
};

Command setup_calibrate(CLI::App& parent);
void run_calibrate(const CalibrateOptions& options);

}  // namespace aqua::tools
