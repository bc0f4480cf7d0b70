#include "bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "aqua/core/random.hpp"

namespace aqua::analysis {

Matrix<double> bootstrap_weights(int64_t replicates, int64_t documents, uint64_t seed) {
  Matrix<double> weights(replicates, documents);
  for (int64_t b = 0; b < replicates; ++b) {
    Random random(seed, Random::Purpose::bootstrap, static_cast<uint64_t>(b));
    for (int64_t draw = 0; draw < documents; ++draw) {
      weights(b, static_cast<int64_t>(random.below(static_cast<uint64_t>(documents)))) += 1.0;
    }
  }
  return weights;
}

double quantile(std::span<const double> rising, double p) {
  const double place = p * static_cast<double>(rising.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, rising.size() - 1);
  return rising[below] + (place - static_cast<double>(below)) * (rising[above] - rising[below]);
}

std::optional<Interval> percentile_interval(std::span<double> replicates) {
  const auto end = std::partition(replicates.begin(), replicates.end(),
                                  [](double value) { return !std::isnan(value); });
  const auto defined = replicates.first(end - replicates.begin());
  if (defined.size() < 2) return std::nullopt;
  std::sort(defined.begin(), defined.end());
  return Interval{.low = quantile(defined, 0.025), .high = quantile(defined, 0.975)};
}

Estimate with_interval(double value, std::span<double> replicates) {
  Estimate estimate;
  estimate.value = value;
  if (std::isnan(value)) return estimate;
  if (const auto interval = percentile_interval(replicates)) {
    estimate.low = interval->low;
    estimate.high = interval->high;
  }
  return estimate;
}

}  // namespace aqua::analysis
