// What a plan keeps and what it gains over the same number of dimensions for every head.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "aqua/analysis/curves.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/projection/plan.hpp"

namespace aqua::report {

/// Uniform and planned on one text that was not used for choosing.
struct PlanEvaluation {
  CorpusFacts corpus;
  int64_t documents = 0;
  struct Row {
    analysis::Measure measure;
    analysis::Estimate uniform;
    analysis::Estimate plan;
    analysis::Estimate difference;  ///< plan − uniform, paired by document
  };
  std::vector<Row> rows = {};  ///< measures that are defined
};

struct PlanReport {
  Provenance provenance;
  capture::ModelFacts model;
  std::string file;         ///< the plan's
  std::string calibration;  ///< file of the basis; empty: fitted in the same run
  std::vector<CorpusFacts> chosen_on;
  analysis::LossCurves curves;  ///< that the plan was chosen by
  projection::Plan plan;
  int64_t uniform_k = 0;  ///< what the plan is compared with
  int64_t bootstrap_replicates = 0;
  std::vector<PlanEvaluation> evaluations;
};

std::string plan_text(const PlanReport& report);
/// Schema "aqua-plan-report", one line; with the curves.
std::string plan_json(const PlanReport& report);

}  // namespace aqua::report
