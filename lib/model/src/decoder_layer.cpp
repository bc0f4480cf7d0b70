#include "decoder_layer.hpp"

#include <algorithm>

#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

// Tokens that pass through the feed-forward block at once: enough rows for full speed of the
// products, few enough that [rows, feed_forward] stays small.
constexpr int64_t feed_forward_rows = 512;

void add(ConstMatrixView<float> y, MatrixView<float> x) {
  for (int64_t r = 0; r < x.rows(); ++r) {
    for (int64_t c = 0; c < x.cols(); ++c) x(r, c) += y(r, c);
  }
}

void clip(HeadsView<float> heads, float limit) {
  const auto rows = heads.heads_range(0, heads.heads());
  for (int64_t r = 0; r < rows.rows(); ++r) {
    for (float& value : rows.row(r)) value = std::clamp(value, -limit, limit);
  }
}

}  // namespace

Workspace::Workspace(const Architecture& a, int64_t tokens)
    : normalised(tokens, a.hidden_size),
      qkv(tokens, a.query_width() + 2 * a.kv_width()),
      attended(tokens, a.query_width()),
      inner(std::min(tokens, feed_forward_rows), a.feed_forward.size) {}

DecoderLayer::Heads DecoderLayer::heads_of(int64_t tokens, Workspace& space) const {
  const auto& heads = a_.heads;
  float* const q = space.qkv.data();
  float* const k = q + a_.query_width();
  const int64_t stride = space.qkv.cols();
  return {HeadsView<float>(q, tokens, heads.query_heads, heads.head_dim, stride),
          HeadsView<float>(k, tokens, heads.kv_heads, heads.head_dim, stride),
          HeadsView<float>(k + a_.kv_width(), tokens, heads.kv_heads, heads.head_dim, stride)};
}

void DecoderLayer::normalise(const NormWeights& norm, ConstMatrixView<float> x,
                             MatrixView<float> out) const {
  if (!norm.apply(a_, x, out)) {
    fail<NumericalError>("layer {}: hidden states are not finite", layer_.value);
  }
}

// What happens to q, k and v between projection and rotary embedding.
void DecoderLayer::condition(const Heads& heads) const {
  if (a_.qk_norm == QkNorm::whole) {
    const auto q = heads.q.heads_range(0, heads.q.heads());
    const auto k = heads.k.heads_range(0, heads.k.heads());
    normalise(weights_.query_norm, q, q);
    normalise(weights_.key_norm, k, k);
  } else if (a_.qk_norm == QkNorm::per_head) {
    for (int64_t h = 0; h < heads.q.heads(); ++h) {
      normalise(weights_.query_norm, heads.q.head(h), heads.q.head(h));
    }
    for (int64_t h = 0; h < heads.k.heads(); ++h) {
      normalise(weights_.key_norm, heads.k.head(h), heads.k.head(h));
    }
  }
  if (a_.qkv_limit) {
    for (const auto& each : {heads.q, heads.k, heads.v}) clip(each, *a_.qkv_limit);
  }
}

void DecoderLayer::project(const SequenceState& sequence, const ops::RotaryTable* rotary,
                           Workspace& space, const Emit& emit) const {
  const int64_t tokens = sequence.x.rows();
  ConstMatrixView<float> input = sequence.x;
  if (a_.norms.before) {
    const auto normalised = space.normalised.view().rows(0, tokens);
    normalise(weights_.attention_norm, sequence.x, normalised);
    input = normalised;
  }
  weights_.query_key_value.apply(input, space.qkv.view().rows(0, tokens));
  const Heads heads = heads_of(tokens, space);
  condition(heads);

  const LogitRule& rule = settings_.logits;
  if (emit) {
    emit({layer_,
          capture::Site::pre_rope,
          sequence.index,
          sequence.positions,
          heads.q,
          heads.k,
          {},
          rule});
  }
  if (rotary != nullptr) {
    const auto pairing = a_.rope_layout == capture::RopeLayout::interleaved
                             ? ops::RotaryPairing::neighbours
                             : ops::RotaryPairing::halves;
    rotary->apply(sequence.positions, pairing, heads.q);
    rotary->apply(sequence.positions, pairing, heads.k);
  }
  if (emit) {
    emit({layer_, capture::Site::post_rope, sequence.index, sequence.positions, heads.q, heads.k,
          heads.v, rule});
  }
}

void DecoderLayer::advance(const SequenceState& sequence, const attention::Attention& attention,
                           attention::WeightsObserver* observer, Workspace& space) const {
  const auto x = sequence.x;
  const Heads heads = heads_of(x.rows(), space);
  const auto attended = space.attended.view().rows(0, x.rows());
  const auto scratch = space.normalised.view().rows(0, x.rows());
  attention.run({layer_, heads.q, heads.k, heads.v, settings_.logits, sequence.index, observer},
                attended);
  if (a_.parallel_residual) normalise(weights_.feed_forward_norm, x, scratch);
  if (a_.norms.after) {
    weights_.attention_output.apply(attended, scratch);
    normalise(weights_.attention_post_norm, scratch, scratch);
    add(scratch, x);
  } else {
    weights_.attention_output.add_to(attended, x);
  }
  if (!settings_.experts) feed_forward(x, space, a_.parallel_residual);
}

// x += f(norm(x)). `input_is_ready`: space.normalised already holds what f reads.
void DecoderLayer::feed_forward(MatrixView<float> x, Workspace& space, bool input_is_ready) const {
  const FeedForwardWeights& weights = weights_.feed_forward;
  for (int64_t first = 0; first < x.rows(); first += feed_forward_rows) {
    const int64_t rows = std::min(feed_forward_rows, x.rows() - first);
    const auto block = x.rows(first, rows);
    const auto scratch = space.normalised.view().rows(first, rows);
    const auto inner = space.inner.view().rows(0, rows);
    ConstMatrixView<float> input = block;
    if (a_.norms.before) {
      if (!input_is_ready) normalise(weights_.feed_forward_norm, block, scratch);
      input = scratch;
    }
    weights.activate(a_.feed_forward.activation, input, inner);
    if (a_.norms.after) {
      weights.down.apply(inner, scratch);
      normalise(weights_.feed_forward_post_norm, scratch, scratch);
      add(scratch, block);
    } else {
      weights.down.add_to(inner, block);
    }
  }
}

}  // namespace aqua::model
