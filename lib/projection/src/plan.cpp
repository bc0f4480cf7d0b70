#include "aqua/projection/plan.hpp"

#include "aqua/core/error.hpp"

namespace aqua::projection {

int64_t Plan::kept() const {
  int64_t sum = 0;
  for (const std::vector<int64_t>& layer : k) {
    for (const int64_t head : layer) sum += head;
  }
  return sum;
}

double Plan::mean_k_ratio() const {
  const int64_t all = layers() * heads.kv_heads * heads.head_dim;
  return static_cast<double>(kept()) / static_cast<double>(all);
}

Plan uniform_plan(const HeadLayout& heads, int64_t layers, int64_t k) {
  Plan plan;
  plan.heads = heads;
  plan.k.assign(static_cast<std::size_t>(layers),
                std::vector<int64_t>(static_cast<std::size_t>(heads.kv_heads), k));
  plan.choice.method = "uniform";
  return plan;
}

void validate(const Plan& plan, std::string_view context) {
  validate(plan.heads, context);
  if (plan.k.empty()) fail<FormatError>("{}: expected at least one layer, found none", context);
  for (std::size_t layer = 0; layer < plan.k.size(); ++layer) {
    const std::vector<int64_t>& k = plan.k[layer];
    if (std::ssize(k) != plan.heads.kv_heads) {
      fail<FormatError>("{}: layer {}: expected {} values of k, one per KV head, found {}", context,
                        layer, plan.heads.kv_heads, k.size());
    }
    for (std::size_t head = 0; head < k.size(); ++head) {
      if (k[head] < 1 || k[head] > plan.heads.head_dim) {
        fail<FormatError>("{}: layer {}, KV head {}: expected k from 1 to {}, found {}", context,
                          layer, head, plan.heads.head_dim, k[head]);
      }
    }
  }
}

}  // namespace aqua::projection
