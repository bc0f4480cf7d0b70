#include "aqua/projection/selection.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "aqua/core/error.hpp"

namespace aqua::projection {
namespace {

/// A magnitude that splits a vector: `above` entries exceed it and are kept, and so are the first
/// `at` entries that equal it.
struct Threshold {
  float value = 0.0F;
  int64_t at = 0;
};

/// Bisects the bit patterns of magnitudes, which as integers have the order of the values, until k
/// entries lie at or above the threshold or, with ties, until it is the k-th largest magnitude
/// itself. Counting is a loop without branches that the compiler vectorises, and a dozen rounds are
/// typical: at d = 64…256 that takes MEASURE of std::nth_element's time.
Threshold find_threshold(std::span<const float> magnitudes, int64_t k) {
  const auto count_from = [&](float threshold) {
    int32_t count = 0;
    for (const float magnitude : magnitudes) count += magnitude >= threshold ? 1 : 0;
    return int64_t{count};
  };
  const auto largest = *std::max_element(magnitudes.begin(), magnitudes.end());
  int32_t low = 0;                                     // at least k entries lie at or above it
  int32_t high = std::bit_cast<int32_t>(largest) + 1;  // fewer than k do
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    const auto value = std::bit_cast<float>(middle);
    const int64_t count = count_from(value);
    if (count == k) return {value, k};
    (count > k ? low : high) = middle;
  }
  const auto value = std::bit_cast<float>(low);
  return {value, k - count_from(std::bit_cast<float>(high))};
}

}  // namespace

int64_t kept_dimensions(double k_ratio, int64_t head_dim) {
  if (!(k_ratio > 0.0 && k_ratio <= 1.0)) {
    fail<UsageError>("k_ratio: expected a number above 0 and at most 1, found {}", k_ratio);
  }
  const double rounded = std::floor(k_ratio * static_cast<double>(head_dim) + 0.5);
  return std::max<int64_t>(1, static_cast<int64_t>(rounded));
}

void select_largest(std::span<const float> x, int64_t k, std::span<float> mask,
                    std::span<float> scratch) {
  const auto d = static_cast<int64_t>(x.size());
  if (k < 1 || k > d || mask.size() != x.size() || scratch.size() < x.size()) {
    fail<std::invalid_argument>("select_largest: {} of {} entries, mask of {}, scratch of {}", k, d,
                                mask.size(), scratch.size());
  }
  const auto magnitudes = scratch.first(x.size());
  std::transform(x.begin(), x.end(), magnitudes.begin(), [](float v) { return std::abs(v); });
  const Threshold threshold = find_threshold(magnitudes, k);

  int64_t at = threshold.at;
  for (std::size_t i = 0; i < magnitudes.size(); ++i) {
    bool keep = magnitudes[i] > threshold.value;
    if (magnitudes[i] == threshold.value && at > 0) {
      keep = true;
      --at;
    }
    mask[i] = keep ? 1.0F : 0.0F;
  }
}

double norm_loss(double kept, double total) {
  return std::clamp(1.0 - std::sqrt(kept / total), 0.0, 1.0);
}

double energy_loss(double kept, double total) { return std::clamp(1.0 - kept / total, 0.0, 1.0); }

}  // namespace aqua::projection
