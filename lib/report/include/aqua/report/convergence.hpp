// Convergence results as terminal text, JSON and CSV.
#pragma once

#include <string>

#include "aqua/analysis/convergence.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

struct ConvergenceReport {
  Provenance provenance;
  analysis::ConvergenceResult result;
};

/// For people, 80 columns: the suggestion and its reason, then a table with curves for each
/// k_ratio.
std::string convergence_text(const ConvergenceReport& report);

/// Schema "aqua-convergence", one line.
std::string convergence_json(const ConvergenceReport& report);

/// Long format, one number a line, header tokens,quantity,selection,k_ratio,k,value,low,high with
/// quantity query_loss, to_last, overlap_to_last, mean_angle_to_last (radians).
std::string convergence_csv(const ConvergenceReport& report);

}  // namespace aqua::report
