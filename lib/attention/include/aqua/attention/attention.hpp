// One interface for exact attention and every approximate variant.
#pragma once

#include <memory>

#include "aqua/core/heads.hpp"

namespace aqua::attention {

/// One layer's attention over one sequence (prefill: all queries at once, causal).
struct AttentionInput {
  LayerIndex layer;
  HeadsView<const float> q;  ///< [T, H, d]
  HeadsView<const float> k;  ///< [T, H_kv, d]
  HeadsView<const float> v;  ///< [T, H_kv, d]
  LogitRule rule;
};

/// Implementations are immutable after construction and safe to call from several threads.
class Attention {
 public:
  virtual ~Attention() = default;
  /// Writes the heads' outputs side by side: out [T, H·d], head h in columns h·d … h·d + d − 1.
  virtual void run(const AttentionInput& input, MatrixView<float> out) const = 0;
};

/// softmax(cap(scale·Q·Kᵀ) + causal and window mask)·V for each head, in blocks of queries: memory
/// beyond input and output is one block of rows of one group, never T×T for all heads.
std::unique_ptr<Attention> make_exact_attention();

}  // namespace aqua::attention
