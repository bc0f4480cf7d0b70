// One query's attention: logits to weights, and how far approximate ones are from exact ones.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace aqua::analysis {

/// Σ x², in double.
double sum_of_squares(std::span<const float> x);
/// Σ (a − b)², in double.
double squared_distance(std::span<const float> a, std::span<const float> b);

/// x ← cap·tanh(x/cap) when cap is set (LogitRule).
void apply_softcap(std::span<float> x, std::optional<float> cap);

/// The exact attention of one query over the keys that it sees.
struct ExactRow {
  std::span<const float> logits;
  std::span<const float> weights;  ///< softmax(logits)
  double log_sum = 0.0;            ///< ln Σ e^logits
  int64_t top = 0;                 ///< the most attended key, the first one on ties
};
/// Fills weights, as long as logits, and the rest. Exponentials in float32, their sum in double.
ExactRow exact_row(std::span<const float> logits, std::span<float> weights);

struct RowDifference {
  double logit_error = 0.0;      ///< Σ (a − ã)²
  double total_variation = 0.0;  ///< ½ Σ |p − p̃|
  double kl_divergence = 0.0;    ///< Σ p ln(p/p̃)
  bool same_top = false;
};
/// Compares the approximate logits in `row` with the exact row, and turns them into weights in
/// place.
RowDifference compare_row(const ExactRow& exact, std::span<float> row);

/// Of keys with these energies in a query's set and these inverse total energies (0: a zero key, to
/// be skipped): Σ_j sqrt(kept_j/total_j) and Σ_j kept_j/total_j, ratios clamped to 1 against
/// rounding.
struct RetainedShares {
  double norm = 0.0;
  double energy = 0.0;
};
RetainedShares retained_shares(std::span<const float> kept, std::span<const float> inverse_total);

}  // namespace aqua::analysis
