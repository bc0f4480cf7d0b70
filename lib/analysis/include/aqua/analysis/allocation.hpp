// Which head gets how many dimensions: minimises the mean of curves under a budget, or the budget
// under a limit on the mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "aqua/core/matrix.hpp"

namespace aqua::analysis {

/// Head i at level l ∈ {1, …, n} costs l units and has the value curves(i, l − 1). Exactly one of
/// budget and limit is set.
struct AllocationTask {
  ConstMatrixView<double> curves;  ///< [heads, n], finite
  std::optional<int64_t> budget;   ///< Σ levels at most; at least one per head
  std::optional<double> limit;     ///< mean value at most; the smallest Σ levels that reaches it
};

struct Allocation {
  std::vector<int64_t> levels;  ///< [heads], 1 … n
  double mean = 0.0;            ///< of the values at these levels
  std::string_view method;      ///< "greedy" or "dynamic-programming"; exact both
};

/// An optimal allocation: of least mean value within the budget (and of the fewest units among
/// those), or of the fewest units within the limit. Greedy when every curve is convex, otherwise
/// dynamic programming. UsageError when the budget is below one level a head, when no allocation
/// reaches the limit, or when dynamic programming would be too large (its message says so).
Allocation allocate(const AllocationTask& task);

/// Gives units one by one to the head whose value falls most, the first one on ties. Exact for
/// convex falling curves, whose falls never grow (proof in the source). With a limit: stops as soon
/// as the mean is within it.
Allocation allocate_greedy(const AllocationTask& task);

/// Exact for any curves: heads·budget states, n choices each.
Allocation allocate_by_dynamic_programming(const AllocationTask& task);

/// Whether every curve falls and its falls never grow, up to rounding of 1e-12 of its largest
/// value.
bool convex_and_falling(ConstMatrixView<double> curves);

/// The allocation that gives every head the same level: the largest within the budget, or the
/// smallest within the limit. method is "uniform".
Allocation allocate_uniform(const AllocationTask& task);

}  // namespace aqua::analysis
