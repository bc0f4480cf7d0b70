// aqua analyze convergence: how many calibration tokens are enough.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct AnalyzeConvergenceOptions : AnalysisOptions {
  std::string held_out;  ///< NAME=PATH or a bundled corpus; empty: a share of the corpus
  double held_out_share = 0.25;
  std::vector<int64_t> counts;  ///< of tokens; empty: first, doubled up to all
  int64_t first = 128;
  double tolerance = 0.01;
  std::vector<double> k_ratios{0.25, 0.5, 0.75};
  std::string site = "post_rope";
  int64_t bootstrap = 1000;
};

Command setup_analyze_convergence(CLI::App& parent);
void run_analyze_convergence(const AnalyzeConvergenceOptions& options);

}  // namespace aqua::tools
