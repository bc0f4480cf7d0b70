// Looking things up in a retention result, and the names that reports give them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/analysis/retention.hpp"

namespace aqua::report {

/// Bases and ratios of a result in the order in which they were measured; plans are no ratios.
std::vector<std::string> bases_of(const analysis::RetentionResult& result);
std::vector<double> ratios_of(const analysis::RetentionResult& result);

/// The result of one setting and measure; null when it was not measured or is not defined.
const analysis::MeasureResult* find(const analysis::RetentionResult& result, std::string_view basis,
                                    double k_ratio, analysis::Selection selection,
                                    analysis::Measure measure);

/// One k_ratio, or one plan.
struct KeptLevel {
  double k_ratio = 0.0;  ///< of a plan: its mean
  std::string plan;      ///< empty: one k for all heads
  bool operator==(const KeptLevel&) const = default;
};
/// Ratios and then plans, as they were measured, and the result of one.
std::vector<KeptLevel> levels_of(const analysis::RetentionResult& result);
const analysis::MeasureResult* find(const analysis::RetentionResult& result, std::string_view basis,
                                    const KeptLevel& level, analysis::Selection selection,
                                    analysis::Measure measure);

/// The number of dimensions that a ratio keeps.
int64_t kept(const analysis::RetentionResult& result, double k_ratio);

const analysis::MeasureInfo& info_of(analysis::Measure measure);

/// Label and one sentence for a basis, "native" included.
struct BasisText {
  std::string label;
  std::string description;
};
BasisText basis_text(std::string_view name);

}  // namespace aqua::report
