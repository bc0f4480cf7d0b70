// AQUA attention of one decode step of one query head, written for reading rather than for speed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

/// x·P: P [d, m] row by row.
inline std::vector<float> rotate(std::span<const float> x, std::span<const float> P) {
  const std::size_t m = P.size() / x.size();
  std::vector<float> rotated(m);
  for (std::size_t r = 0; r < x.size(); ++r) {
    for (std::size_t c = 0; c < m; ++c) rotated[c] += x[r] * P[r * m + c];
  }
  return rotated;
}

/// The k dimensions in which the rotated query is largest; ties to the lower index.
inline std::vector<std::size_t> largest(std::span<const float> q, std::size_t k) {
  std::vector<std::size_t> order(q.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return std::abs(q[i]); });
  order.resize(std::min(k, order.size()));
  return order;
}

/// softmax(scale·q·k_j over the given dimensions)·V for keys and values [tokens, …] row by row.
inline std::vector<float> attend(std::span<const float> q, std::span<const float> keys,
                                 std::span<const float> values, std::size_t tokens, float scale,
                                 std::span<const std::size_t> dimensions) {
  std::vector<float> weights(tokens);
  for (std::size_t j = 0; j < tokens; ++j) {
    for (const std::size_t i : dimensions) weights[j] += scale * q[i] * keys[j * q.size() + i];
  }
  const float highest = *std::ranges::max_element(weights);
  float sum = 0.0F;
  for (float& w : weights) sum += w = std::exp(w - highest);
  std::vector<float> out(values.size() / tokens);
  for (std::size_t j = 0; j < tokens; ++j) {
    for (std::size_t c = 0; c < out.size(); ++c)
      out[c] += weights[j] / sum * values[j * out.size() + c];
  }
  return out;
}
