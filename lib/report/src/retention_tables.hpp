// The tables of one corpus in the terminal report.
#pragma once

#include <string>

#include "aqua/analysis/retention.hpp"
#include "retention_index.hpp"

namespace aqua::report {

/// "0.1234 [0.1200, 0.1270]", without the interval when there is none; "-" for null.
std::string estimate_text(const analysis::MeasureResult* result);
std::string ratio_text(double k_ratio);
/// The ratio, or the name of the plan.
std::string level_text(const KeptLevel& level);

/// Query loss, key loss and attention errors, bases × k_ratios; what was not measured is left out.
std::string corpus_tables(const analysis::RetentionResult& result);

}  // namespace aqua::report
