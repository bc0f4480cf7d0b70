// How a basis settles as calibration sees more tokens: what bases of growing prefixes of a text
// lose on text that was held out, and how far their subspaces are from the last one's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "aqua/analysis/fit.hpp"
#include "aqua/analysis/retention.hpp"
#include "aqua/analysis/subspace.hpp"

namespace aqua::analysis {

/// first, 2·first, 4·first, … below `total`, and last `total`. UsageError unless 1 <= first.
std::vector<int64_t> doubling_counts(int64_t first, int64_t total);

/// Statistics of parts 0 … i together, for every i.
std::vector<FitStatistics> prefixes(std::vector<FitStatistics> parts);

/// One (k_ratio, selection) with the basis of one prefix.
struct ConvergenceValue {
  double k_ratio = 0.0;
  int64_t k = 0;
  Selection selection = Selection::fixed;
  Estimate loss;  ///< query loss on the held-out text
  /// That loss minus the loss with the basis of all tokens, over the same documents in every
  /// replicate; zero at the last point.
  Estimate to_last;
};

struct ConvergencePoint {
  int64_t tokens = 0;
  std::vector<ConvergenceValue> values;
  std::vector<SubspaceComparison> to_last;  ///< [k_ratio] against the basis of all tokens
};

/// The smallest number of tokens from which on every loss stays within `tolerance`, relative, of
/// the last one's: |to_last| <= tolerance·(last loss) at all k_ratios and selections, at this count
/// and every larger one, where |to_last| is the end of its interval that is further from zero (its
/// value without an interval).
struct ConvergenceSuggestion {
  int64_t tokens = 0;
  /// Whether a count before the last one satisfies this. If not, more text may still help.
  bool settled = false;
  double change = 0.0;     ///< the largest |to_last|/(last loss) from `tokens` on
  double last_step = 0.0;  ///< the same at the last count but one
};

struct ConvergenceResult {
  capture::ModelFacts model;
  CorpusFacts fitted_on;
  CorpusFacts held_out;
  RetentionOptions options;
  int64_t documents = 0;  ///< held out, with counted tokens
  std::vector<LayerIndex> layers;
  std::vector<ConvergencePoint> points;
  double tolerance = 0.0;
  ConvergenceSuggestion suggestion;
};

/// `bases` [count], the last of them of all tokens; `measured` by one RetentionMeter over them, in
/// this order, with keep_replicates.
///
/// Memory of a whole run, in float64 values, for N counts, L layers, H_kv KV heads: 2·N·L·H_kv·d²
/// for the factors, as much for the bases, and what RetentionMeter says with N bases.
ConvergenceResult assemble_convergence(const CorpusFacts& fitted_on,
                                       std::span<const int64_t> counts,
                                       std::span<const NamedBasis> bases,
                                       const RetentionResult& measured, double tolerance,
                                       const Execution& execution);

}  // namespace aqua::analysis
