// aqua analyze transfer: what a basis fitted on one text loses on another.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct AnalyzeTransferOptions : AnalysisOptions {
  std::vector<std::string> calibrations;  ///< files, further rows of the matrix
  std::vector<std::string> activations;   ///< captured files, instead of model and corpora
  std::vector<std::string> aligned;       ///< corpora whose documents correspond; empty: find them
  std::vector<double> k_ratios{0.25, 0.5, 0.75};
  std::string site = "post_rope";
  int64_t pair_queries = 16;
  int64_t bootstrap = 1000;
  bool no_pairs = false;
  bool per_layer = false;
};

Command setup_analyze_transfer(CLI::App& parent);
void run_analyze_transfer(const AnalyzeTransferOptions& options);

}  // namespace aqua::tools
