// One layer's weights in compute type.
#pragma once

#include <vector>

#include "aqua/core/matrix.hpp"
#include "aqua/ops/activation.hpp"
#include "architecture.hpp"
#include "linear.hpp"

namespace aqua::model {

/// A norm's weight and, for layer norm, bias; a norm that the architecture does not have is empty.
struct NormWeights {
  std::vector<float> weight;
  std::vector<float> bias;

  bool empty() const { return weight.empty(); }
  /// Normalises rows of x into out, which may be x; false when a row is not finite.
  [[nodiscard]] bool apply(const Architecture& a, ConstMatrixView<float> x,
                           MatrixView<float> out) const;
};

/// A feed-forward block.
struct FeedForwardWeights {
  Linear gate;  ///< [size, hidden]; empty when there is no gate
  Linear up;    ///< [size, hidden]
  Linear down;  ///< [hidden, size]

  /// inner [n, size] ← f(x·gate + b) ⊙ (x·up + b), without a gate f(x·up + b); x [n, hidden]. Gate
  /// and up exist only in blocks of columns.
  void activate(ops::Activation f, ConstMatrixView<float> x, MatrixView<float> inner) const;
};

struct LayerWeights {
  NormWeights attention_norm, attention_post_norm;        ///< [hidden]
  NormWeights feed_forward_norm, feed_forward_post_norm;  ///< [hidden]
  NormWeights query_norm, key_norm;                       ///< [d], or [H·d] and [H_kv·d]
  Linear query_key_value;                                 ///< [(H + 2·H_kv)·d, hidden]
  Linear attention_output;                                ///< [hidden, H·d]
  FeedForwardWeights feed_forward;                        ///< empty in a layer of experts
  Linear router;                                          ///< [experts, hidden]
};

}  // namespace aqua::model
