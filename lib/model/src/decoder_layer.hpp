// One decoder layer over one sequence: attention and feed-forward sublayers with their norms and
// residual sums, as an architecture composes them.
#pragma once

#include <functional>
#include <span>

#include "aqua/attention/attention.hpp"
#include "aqua/capture/event.hpp"
#include "aqua/ops/rotary.hpp"
#include "architecture.hpp"
#include "layer_weights.hpp"

namespace aqua::model {

/// Intermediate rows of one sequence, reused from sequence to sequence and layer to layer.
struct Workspace {
  Matrix<float> normalised;  // [T, hidden]
  Matrix<float> qkv;         // [T, (H + 2·H_kv)·d]
  Matrix<float> attended;    // [T, H·d]
  Matrix<float> inner;       // [min(T, rows at once), feed-forward size]

  Workspace() = default;
  Workspace(const Architecture& a, int64_t tokens);
};

/// A sequence on its way through the layers.
struct SequenceState {
  int64_t index = 0;
  MatrixView<float> x;                 ///< [T, hidden], advanced in place
  std::span<const int32_t> positions;  ///< [T]
};

class DecoderLayer {
 public:
  /// `rotary`: for this layer and sequence, null for none. All must outlive it.
  DecoderLayer(const Architecture& architecture, LayerIndex layer, const LayerWeights& weights)
      : a_(architecture),
        settings_(architecture.layer[static_cast<std::size_t>(layer.value)]),
        layer_(layer),
        weights_(weights) {}

  using Emit = std::function<void(const capture::QkEvent&)>;
  /// Queries, keys and values of the sequence, into space.qkv; hands both sites to `emit` if there
  /// is one. Without rotary embedding the sites coincide.
  void project(const SequenceState& sequence, const ops::RotaryTable* rotary, Workspace& space,
               const Emit& emit) const;
  /// What follows on project: attention and, in a layer without experts, the feed-forward block.
  /// `observer` may be null.
  void advance(const SequenceState& sequence, const attention::Attention& attention,
               attention::WeightsObserver* observer, Workspace& space) const;

 private:
  struct Heads {
    HeadsView<float> q, k, v;
  };
  Heads heads_of(int64_t tokens, Workspace& space) const;
  void condition(const Heads& heads) const;
  void feed_forward(MatrixView<float> x, Workspace& space, bool input_is_ready) const;
  void normalise(const NormWeights& norm, ConstMatrixView<float> x, MatrixView<float> out) const;

  const Architecture& a_;
  const LayerSettings& settings_;
  LayerIndex layer_;
  const LayerWeights& weights_;
};

}  // namespace aqua::model
