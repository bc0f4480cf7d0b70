// aqua analyze perplexity: how well the model predicts text, exactly and with attention variants.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"
#include "common/variants.hpp"

namespace aqua::tools {

struct AnalyzePerplexityOptions : AnalysisOptions {
  VariantOptions variants;
  bool fidelity = false;
  int64_t bootstrap = 1000;
};

Command setup_analyze_perplexity(CLI::App& parent);
void run_analyze_perplexity(const AnalyzePerplexityOptions& options);

}  // namespace aqua::tools
