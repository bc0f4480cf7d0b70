#include "aqua/ops/softmax.hpp"

#include <cstdint>

#include "loops.hpp"

namespace aqua::ops {

void soft_cap(std::span<float> x, float cap) {
  loops().soft_cap(x.data(), cap, static_cast<int64_t>(x.size()));
}

float exponentials(std::span<float> x, std::optional<float> cap) {
  const Loops& run = loops();
  const auto n = static_cast<int64_t>(x.size());
  if (cap) run.soft_cap(x.data(), *cap, n);
  return run.exp_shifted(x.data(), run.maximum(x.data(), n), n);
}

void softmax_capped(std::span<float> x, std::optional<float> cap) {
  if (x.empty()) return;
  const float sum = exponentials(x, cap);
  loops().scale(x.data(), 1.0F / sum, static_cast<int64_t>(x.size()));
}

float continue_softmax(std::span<float> x, std::optional<float> cap, RunningSoftmax& row) {
  if (x.empty()) return 1.0F;
  const Loops& run = loops();
  const auto n = static_cast<int64_t>(x.size());
  if (cap) run.soft_cap(x.data(), *cap, n);
  const float before = row.maximum;
  const float added = run.exp_below_maximum(x.data(), n, &row.maximum);
  const float factor = before == row.maximum ? 1.0F : run.exponential(before - row.maximum);
  row.sum = row.sum * factor + added;
  return factor;
}

void scale(std::span<float> x, float factor) {
  loops().scale(x.data(), factor, static_cast<int64_t>(x.size()));
}

void softmax(std::span<float> x) { softmax_capped(x, std::nullopt); }

}  // namespace aqua::ops
