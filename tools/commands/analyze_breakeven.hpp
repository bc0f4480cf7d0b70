// aqua analyze breakeven: from which context length AQUA pays on this machine.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct AnalyzeBreakevenOptions {
  CommonOptions common;
  ComputeOptions compute;
  InputOptions input;  ///< the model only
  int64_t query_heads = 0;
  int64_t kv_heads = 0;
  int64_t head_dim = 0;
  std::vector<int64_t> lengths{64, 128, 256, 512, 1024, 2048, 4096, 8192};
  std::vector<double> k_ratios{0.25, 0.5, 0.75};
  std::vector<double> s_ratios{0.25};
  int64_t repeats = 15;
  std::string csv;  ///< file or "-"; empty: none
};

Command setup_analyze_breakeven(CLI::App& parent);
void run_analyze_breakeven(const AnalyzeBreakevenOptions& options);

}  // namespace aqua::tools
