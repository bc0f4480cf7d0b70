#include "aqua/attention/cost.hpp"

#include "aqua/core/error.hpp"

namespace aqua::attention {

StepCost exact_cost(const CostShape& shape, int64_t context) {
  const auto h = static_cast<double>(shape.heads.query_heads);
  const auto kv = static_cast<double>(shape.heads.kv_heads);
  const auto d = static_cast<double>(shape.heads.head_dim);
  const auto n = static_cast<double>(context);
  StepCost cost;
  cost.linear = 2.0 * static_cast<double>(shape.hidden_size) * d * (h + kv);
  cost.scores = h * n * d;
  cost.values = h * n * d;
  cost.cache_bytes = 2.0 * kv * n * d * shape.element_bytes;
  cost.read_bytes = cost.cache_bytes;
  return cost;
}

std::vector<NamedLayout> reference_layouts(int64_t query_heads, int64_t head_dim) {
  if (query_heads < 4 || query_heads % 4 != 0) {
    fail<UsageError>("query heads: expected a multiple of 4 to compare layouts, found {}",
                     query_heads);
  }
  const int64_t half = query_heads / 2;
  const int64_t quarter = query_heads / 4;
  return {{"MHA", {query_heads, query_heads, head_dim}},
          {"GQA", {query_heads, quarter, head_dim}},
          {"MQA", {query_heads, 1, head_dim}},
          {"SQA", {half, quarter, head_dim}},
          {"sSQA", {half, half, head_dim}},
          {"xSQA", {quarter, quarter, head_dim}}};
}

}  // namespace aqua::attention
