// One interface for exact attention and every approximate variant.
#pragma once

#include <memory>

#include "aqua/core/heads.hpp"
#include "aqua/linalg/products.hpp"

namespace aqua::attention {

class WeightsObserver;

/// One layer's attention over one sequence (prefill: all queries at once, causal).
struct AttentionInput {
  LayerIndex layer;
  HeadsView<const float> q;  ///< [T, H, d]
  HeadsView<const float> k;  ///< [T, H_kv, d]
  HeadsView<const float> v;  ///< [T, H_kv, d]
  LogitRule rule;
  int64_t sequence = 0;                 ///< index of the sequence in its pass
  WeightsObserver* observer = nullptr;  ///< null: nobody watches
};

/// The weights with which consecutive queries of one query head attend. The view lives only during
/// the call.
struct WeightsBlock {
  const AttentionInput& input;
  int64_t query_head = 0;
  int64_t first_query = 0;
  int64_t first_key = 0;
  /// [queries, keys]: row r is query first_query + r, column c is key first_key + c. Rows sum to 1;
  /// keys that the query does not see, or that the variant leaves out, have weight 0.
  ConstMatrixView<float> weights;
};

/// Watches attention weights, of exact attention and of every variant. Each (layer, sequence, query
/// head, query) comes once, in blocks whose size is the implementation's choice; the queries of one
/// head in increasing order.
class WeightsObserver {
 public:
  virtual ~WeightsObserver() = default;
  /// Called from several threads at once, for different sequences.
  virtual void observe(const WeightsBlock& block) = 0;
};

/// Implementations are immutable after construction and safe to call from several threads.
class Attention {
 public:
  virtual ~Attention() = default;
  /// Writes the heads' outputs side by side: out [T, H·d], head h in columns h·d … h·d + d − 1.
  virtual void run(const AttentionInput& input, MatrixView<float> out) const = 0;
};

/// softmax(cap(scale·Q·Kᵀ) + causal and window mask)·V for each head, block by block of queries and
/// keys: memory beyond input and output is one block of logits and one KV head's packed keys and
/// values, never T×T. Both products run on `products` (and in its type: with bfloat16, q, k, v and
/// the weights are rounded as they enter a product, everything else is float32); null: the fastest
/// float32 engine.
std::unique_ptr<Attention> make_exact_attention(
    std::shared_ptr<const linalg::ProductEngine> products = nullptr);

}  // namespace aqua::attention
