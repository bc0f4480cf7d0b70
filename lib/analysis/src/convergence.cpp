#include "aqua/analysis/convergence.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "aqua/analysis/transfer.hpp"
#include "aqua/core/error.hpp"

namespace aqua::analysis {
namespace {

double reach(const Estimate& difference) {
  double largest = std::abs(difference.value);
  if (difference.low) largest = std::max(largest, std::abs(*difference.low));
  if (difference.high) largest = std::max(largest, std::abs(*difference.high));
  return largest;
}

// The largest change of any loss to the last point's, relative to it.
double largest_change(const ConvergencePoint& point, const ConvergencePoint& last) {
  double largest = 0.0;
  for (std::size_t i = 0; i < point.values.size(); ++i) {
    const double change = reach(point.values[i].to_last);
    if (change > 0.0) largest = std::max(largest, change / last.values[i].loss.value);
  }
  return largest;
}

ConvergenceSuggestion suggest(std::span<const ConvergencePoint> points, double tolerance) {
  const ConvergencePoint& last = points.back();
  ConvergenceSuggestion suggestion{.tokens = last.tokens};
  bool stays = true;
  for (std::size_t i = points.size() - 1; i-- > 0;) {
    const double change = largest_change(points[i], last);
    if (i + 2 == points.size()) suggestion.last_step = change;
    stays = stays && change <= tolerance;
    if (!stays) continue;
    suggestion.settled = true;
    suggestion.tokens = points[i].tokens;
    suggestion.change = std::max(suggestion.change, change);
  }
  return suggestion;
}

}  // namespace

std::vector<int64_t> doubling_counts(int64_t first, int64_t total) {
  if (first < 1) fail<UsageError>("first token count: expected at least 1, found {}", first);
  std::vector<int64_t> counts;
  for (int64_t count = first; count < total; count *= 2) {
    counts.push_back(count);
    if (count > total / 2) break;  // before it could overflow
  }
  counts.push_back(total);
  return counts;
}

std::vector<FitStatistics> prefixes(std::vector<FitStatistics> parts) {
  for (std::size_t i = 1; i < parts.size(); ++i) merge(parts[i], parts[i - 1]);
  return parts;
}

ConvergenceResult assemble_convergence(const CorpusFacts& fitted_on,
                                       std::span<const int64_t> counts,
                                       std::span<const NamedBasis> bases,
                                       const RetentionResult& measured, double tolerance,
                                       const Execution& execution) {
  if (counts.empty() || counts.size() != bases.size()) {
    fail<UsageError>("convergence: expected a basis for each of {} token counts, found {}",
                     counts.size(), bases.size());
  }
  const std::size_t cases = measured.settings.size() / bases.size();
  ConvergenceResult result{.model = measured.model,
                           .fitted_on = fitted_on,
                           .held_out = measured.corpus,
                           .options = measured.options,
                           .documents = measured.documents,
                           .layers = measured.layers,
                           .points = {},
                           .tolerance = tolerance,
                           .suggestion = {}};
  std::vector<int64_t> kept;
  for (std::size_t c = 0; c < cases; c += 2) kept.push_back(measured.settings[c].k);
  const auto loss_of = [&](std::size_t point, std::size_t c) -> const MeasureResult& {
    return measured.results[point * cases + c].at(Measure::query_loss);
  };
  for (std::size_t p = 0; p < counts.size(); ++p) {
    ConvergencePoint& point = result.points.emplace_back();
    point.tokens = counts[p];
    for (std::size_t c = 0; c < cases; ++c) {
      const Setting& setting = measured.settings[p * cases + c];
      point.values.push_back(
          {.k_ratio = setting.k_ratio,
           .k = setting.k,
           .selection = setting.selection,
           .loss = loss_of(p, c).model,
           .to_last = paired_difference(loss_of(p, c), loss_of(counts.size() - 1, c)).model});
    }
    point.to_last = compare_subspaces(bases[p], bases.back(), result.layers, kept, execution);
  }
  result.suggestion = suggest(result.points, tolerance);
  return result;
}

}  // namespace aqua::analysis
