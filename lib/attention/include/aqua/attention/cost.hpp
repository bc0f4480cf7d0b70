// What one decode step of a layer costs, by counting.
//
// A decode step: one new token, L keys in the cache (the new one among them). Counted are
// multiply-adds of all heads of one layer, and the bytes of the key-value cache. A comparison in a
// selection counts as one multiply-add.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aqua/core/heads.hpp"

namespace aqua::attention {

struct VariantSpec;

struct CostShape {
  HeadLayout heads;
  int64_t hidden_size = 0;
  double element_bytes = 2.0;  ///< of a stored key or value element: 2 for float16
};

struct StepCost {
  double linear = 0.0;       ///< x·[W_q W_k W_v] and the output's W_o: 2·hidden·d·(H + H_kv)
  double rotation = 0.0;     ///< q and k into the variant's basis: H·d² + H_kv·d²
  double selection = 0.0;    ///< choosing dimensions or tokens
  double scores = 0.0;       ///< q·k, approximate and exact; exact attention: H·L·d
  double values = 0.0;       ///< weights times V; exact attention: H·L·d
  double cache_bytes = 0.0;  ///< keys, values and what else is stored, for L tokens
  double read_bytes = 0.0;   ///< of those, what one step reads (each KV head read once)

  double attention() const { return rotation + selection + scores + values; }
  double total() const { return linear + attention(); }
};

/// Comparisons to select the largest of n, each entry once a round: projection::select_largest
/// bisects in about ten rounds (see selection.cpp).
inline constexpr double selection_rounds = 10.0;

/// Exact attention of any layout: MHA (H_kv = H), GQA, MQA (H_kv = 1), and SQA (H·d < hidden; arXiv
/// 2510.01817).
StepCost exact_cost(const CostShape& shape, int64_t context);

/// Of the variant that the spec names, on a layer where it applies. Ratios of dimensions and tokens
/// are rounded as the variant does.
StepCost step_cost(const VariantSpec& spec, const CostShape& shape, int64_t context);

/// A head layout by its name in cost tables.
struct NamedLayout {
  std::string name;
  HeadLayout heads;
};

/// Layouts at the same hidden size, for a model of H query heads of dimension d = hidden/H: MHA
/// (H, H), GQA (H, H/4), MQA (H, 1), and of SQA (arXiv 2510.01817), which drops query heads and
/// keeps d: SQA (H/2, H/4), sSQA (H/2, H/2), xSQA (H/4, H/4), as (query heads, KV heads).
/// UsageError unless H is a multiple of 4.
std::vector<NamedLayout> reference_layouts(int64_t query_heads, int64_t head_dim);

}  // namespace aqua::attention
