// Sensitivity results as terminal text, JSON and CSV.
#pragma once

#include <string>

#include "aqua/analysis/sensitivity.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

struct SensitivityReport {
  Provenance provenance;
  analysis::SensitivityResult result;
};

/// For people, 80 columns: whether the choice of documents and of the text matters, then tables.
std::string sensitivity_text(const SensitivityReport& report);

/// Schema "aqua-sensitivity", one line.
std::string sensitivity_json(const SensitivityReport& report);

/// Long format, one number a line, header
///   quantity,evaluation,selection,k_ratio,k,group,other,part,value
/// with quantity query_loss (of one part's basis), mean, deviation, difference and noise (against
/// other, the evaluated text's own group), overlap and lowest_overlap (of group and other).
std::string sensitivity_csv(const SensitivityReport& report);

}  // namespace aqua::report
