// aqua analyze retention: what static slicing and dynamic selection lose.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct AnalyzeRetentionOptions : AnalysisOptions {
  std::string calibration;               ///< file; empty: fit on the first corpus
  std::vector<std::string> activations;  ///< captured files, instead of model and corpora
  std::vector<std::string> bases{"aqua", "keys", "kq-svd", "identity", "random", "native"};
  std::vector<double> k_ratios{0.25, 0.5, 0.75};
  std::string plan;  ///< plan file; empty: none
  std::string site = "post_rope";
  int64_t pair_queries = 64;
  int64_t bootstrap = 1000;
  bool per_head = false;
  std::string measure = "query_loss";  ///< for per_head
};

Command setup_analyze_retention(CLI::App& parent);
void run_analyze_retention(const AnalyzeRetentionOptions& options);

}  // namespace aqua::tools
