// aqua analyze perplexity: how well the model predicts text.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct AnalyzePerplexityOptions {
  CommonOptions common;
  ComputeOptions compute;
  InputOptions input;
  std::string csv;  ///< file or "-"; empty: none
};

Command setup_analyze_perplexity(CLI::App& parent);
void run_analyze_perplexity(const AnalyzePerplexityOptions& options);

}  // namespace aqua::tools
