#include "needle/watcher.hpp"

#include <algorithm>

namespace aqua::analysis {

NeedleWatcher::NeedleWatcher(std::span<const Haystack> haystacks, int64_t layers,
                             int64_t query_heads)
    : haystacks_(haystacks),
      layers_(layers),
      heads_(query_heads),
      results_(haystacks.size() * static_cast<std::size_t>(layers * query_heads)) {}

void NeedleWatcher::observe(const attention::WeightsBlock& block) {
  const int64_t sequence = block.input.sequence;
  const Haystack& haystack = haystacks_[static_cast<std::size_t>(sequence)];
  HeadRetrieval& result = results_[static_cast<std::size_t>(
      (sequence * layers_ + block.input.layer.value) * heads_ + block.query_head)];
  const auto share = 1.0 / static_cast<double>(haystack.answer_count);
  for (int64_t i = 0; i < haystack.answer_count; ++i) {
    const int64_t row = haystack.answer_first - 1 + i - block.first_query;
    if (row < 0 || row >= block.weights.rows()) continue;
    const auto weights = block.weights.row(row);
    // Keys outside the block, beyond a sliding window, have weight 0.
    const auto weight_of = [&](int64_t key) {
      const int64_t column = key - block.first_key;
      return column < 0 || column >= std::ssize(weights) ? 0.0F : weights[column];
    };
    double mass = 0.0;
    for (int64_t j = 0; j < haystack.needle_count; ++j) {
      mass += static_cast<double>(weight_of(haystack.needle_first + j));
    }
    const float copied = weight_of(haystack.copied_first + i);
    const auto larger =
        std::ranges::count_if(weights, [&](float weight) { return weight > copied; });
    result.mass += share * mass;
    result.copied += share * static_cast<double>(copied);
    result.rank += share * static_cast<double>(1 + larger);
    result.hits += larger == 0 && copied > 0.0F ? share : 0.0;
  }
}

}  // namespace aqua::analysis
