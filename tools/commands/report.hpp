// aqua report: one page, or Markdown with pictures, from calibrations and results.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct ReportCommandOptions {
  CommonOptions common;
  std::vector<std::string> inputs;
  std::string format;  ///< empty: by the extension of `output`, otherwise html
  std::string title;   ///< empty: from the models' names
  std::string output;  ///< empty: report.html or report.md in the current folder
};

Command setup_report(CLI::App& parent);
void run_report(const ReportCommandOptions& options);

}  // namespace aqua::tools
