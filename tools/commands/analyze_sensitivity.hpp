// aqua analyze sensitivity: whether the choice of calibration text matters.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct AnalyzeSensitivityOptions : AnalysisOptions {
  int64_t parts = 8;
  double held_out_share = 0.25;
  std::vector<double> k_ratios{0.25, 0.5, 0.75};
  std::string site = "post_rope";
};

Command setup_analyze_sensitivity(CLI::App& parent);
void run_analyze_sensitivity(const AnalyzeSensitivityOptions& options);

}  // namespace aqua::tools
