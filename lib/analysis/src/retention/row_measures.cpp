// The loops here run once per (setting, head, sampled query, key): they take most of the meter's
// time, so each is one pass that the compiler vectorises.

#include "retention/row_measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aqua/ops/softmax.hpp"

namespace aqua::analysis {
namespace {

double sum(std::span<const float> x) {
  double total = 0.0;
#pragma omp simd reduction(+ : total)
  for (std::size_t i = 0; i < x.size(); ++i) total += static_cast<double>(x[i]);
  return total;
}

void scale(std::span<float> x, double factor) {
  const auto f = static_cast<float>(factor);
#pragma omp simd
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= f;
}

}  // namespace

double sum_of_squares(std::span<const float> x) {
  double total = 0.0;
#pragma omp simd reduction(+ : total)
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto value = static_cast<double>(x[i]);
    total += value * value;
  }
  return total;
}

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double total = 0.0;
#pragma omp simd reduction(+ : total)
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto difference = static_cast<double>(a[i] - b[i]);
    total += difference * difference;
  }
  return total;
}

void apply_softcap(std::span<float> x, std::optional<float> cap) {
  if (!cap) return;
  for (float& value : x) value = *cap * std::tanh(value / *cap);
}

ExactRow exact_row(std::span<const float> logits, std::span<float> weights) {
  ExactRow row{.logits = logits, .weights = weights};
  const auto top = std::max_element(logits.begin(), logits.end());
  row.top = top - logits.begin();
  std::copy(logits.begin(), logits.end(), weights.begin());
  ops::exponentials(weights, std::nullopt);
  const double total = sum(weights);
  scale(weights, 1.0 / total);
  row.log_sum = static_cast<double>(*top) + std::log(total);
  return row;
}

RowDifference compare_row(const ExactRow& exact, std::span<float> row) {
  RowDifference result;
  const float* a = exact.logits.data();
  const float* p = exact.weights.data();
  float* x = row.data();
  const std::size_t n = row.size();

  float maximum = -std::numeric_limits<float>::infinity();
  double error = 0.0;
  double gain = 0.0;  // Σ p (a − ã)
#pragma omp simd reduction(max : maximum) reduction(+ : error, gain)
  for (std::size_t j = 0; j < n; ++j) {
    const auto difference = static_cast<double>(a[j] - x[j]);
    maximum = x[j] > maximum ? x[j] : maximum;
    error += difference * difference;
    gain += static_cast<double>(p[j]) * difference;
  }
  result.logit_error = error;
  const auto first = row.begin();
  result.same_top = row[exact.top] == maximum &&
                    std::find(first, first + exact.top, maximum) == first + exact.top;

  ops::exponentials(row, std::nullopt);
  const double total = sum(row);
  // ln(p/p̃) = (a − ã) − (log_sum − log_sum~), without the logarithm of weights that underflow.
  const double log_sum = static_cast<double>(maximum) + std::log(total);
  result.kl_divergence = std::max(0.0, gain - exact.log_sum + log_sum);

  const auto inverse = static_cast<float>(1.0 / total);
  double variation = 0.0;
#pragma omp simd reduction(+ : variation)
  for (std::size_t j = 0; j < n; ++j) {
    x[j] *= inverse;
    variation += static_cast<double>(std::abs(p[j] - x[j]));
  }
  result.total_variation = 0.5 * variation;
  return result;
}

RetainedShares retained_shares(std::span<const float> kept, std::span<const float> inverse_total) {
  RetainedShares shares;
  double norm = 0.0;
  double energy = 0.0;
#pragma omp simd reduction(+ : norm, energy)
  for (std::size_t j = 0; j < kept.size(); ++j) {
    const float ratio = kept[j] * inverse_total[j];
    const float share = ratio < 1.0F ? ratio : 1.0F;
    norm += static_cast<double>(std::sqrt(share));
    energy += static_cast<double>(share);
  }
  shares.norm = norm;
  shares.energy = energy;
  return shares;
}

}  // namespace aqua::analysis
