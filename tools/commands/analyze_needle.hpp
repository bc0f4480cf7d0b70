// aqua analyze needle: whether attention variants still find a sentence far back in the context.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"
#include "common/variants.hpp"

namespace aqua::tools {

struct AnalyzeNeedleOptions : AnalysisOptions {
  VariantOptions variants;
  std::string needles;  ///< file; empty: the bundled one
  std::vector<int64_t> lengths{256, 512, 1024};
  std::vector<double> depths{0.1, 0.5, 0.9};
  int64_t count = 0;  ///< needles to use, 0: all
  int64_t retrieval_heads = 4;
  int64_t bootstrap = 1000;
  bool with_tokens = false;
};

Command setup_analyze_needle(CLI::App& parent);
void run_analyze_needle(const AnalyzeNeedleOptions& options);

}  // namespace aqua::tools
