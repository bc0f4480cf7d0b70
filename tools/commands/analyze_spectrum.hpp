// aqua analyze spectrum: how many directions hold the energy of queries and keys.
#pragma once

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct AnalyzeSpectrumOptions {
  CommonOptions common;
  ComputeOptions compute;
  InputOptions input;
  std::string calibration;  ///< file; empty: fit on the corpora
  std::vector<double> shares{0.9, 0.95, 0.99};
  std::string site = "post_rope";  ///< when fitting
  bool per_head = false;
  std::string csv;  ///< file or "-"; empty: none
};

Command setup_analyze_spectrum(CLI::App& parent);
void run_analyze_spectrum(const AnalyzeSpectrumOptions& options);

}  // namespace aqua::tools
