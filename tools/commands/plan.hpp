// aqua plan: which KV head keeps how many dimensions.
#pragma once

#include <optional>

#include "common/command.hpp"
#include "common/options.hpp"

namespace aqua::tools {

struct PlanOptions {
  CommonOptions common;
  ComputeOptions compute;
  InputOptions input;                   ///< the corpora are what the plan is chosen on
  std::string calibration;              ///< file; empty: fit on the text of the choice
  std::vector<std::string> evaluation;  ///< NAME=PATH; empty: the part held out, other bundled ones
  double holdout = 0.5;                 ///< share of each corpus's documents that is held out
  std::string basis = "aqua";
  std::string selection = "dynamic";
  std::string objective = "query_energy_loss";
  std::optional<double> budget;  ///< mean k/d; 0.5 unless loss_limit is given
  std::optional<double> loss_limit;
  int64_t step = 0;  ///< 0: 1, or d/16 where every k takes its own attention
  int64_t pair_queries = 64;
  int64_t bootstrap = 1000;
  std::string resume;  ///< folder of finished parts; empty: none
  std::string output;
};

Command setup_plan(CLI::App& parent);
void run_plan(const PlanOptions& options);

}  // namespace aqua::tools
