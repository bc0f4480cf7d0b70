// A decoder-only transformer as plain data: what a family's description comes to. Families differ
// in these choices and in the names of their tensors, in nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/core/heads.hpp"
#include "aqua/ops/activation.hpp"
#include "rope_settings.hpp"

namespace aqua::model {

enum class NormKind {
  rms,    ///< root-mean-square norm, a weight
  layer,  ///< layer norm, weight and bias
};

/// Where the norms of a sublayer f (attention, feed-forward) stand.
struct NormPlacement {
  bool before = true;  ///< f reads norm(x) instead of x
  bool after = false;  ///< norm(f(…)) is added to x instead of f(…)
};

/// RMS norm of queries and keys before rotary embedding: over each head's d elements, or over all
/// heads of a token together.
enum class QkNorm { none, per_head, whole };

/// x → down(f(gate(x)) ⊙ up(x)) when gated, else x → down(f(up(x))).
struct FeedForward {
  int64_t size = 0;
  bool gated = true;
  bool bias = false;
  ops::Activation activation = ops::Activation::silu;
};

/// A mixture of experts: each token's feed-forward output is the sum of those of the `per_token`
/// experts with the largest router probabilities (softmax over all experts; ties to the lower
/// index), weighted by these probabilities. Experts are gated and without biases.
struct Experts {
  int64_t count = 0;
  int64_t per_token = 0;
  int64_t size = 0;
  bool renormalise = false;  ///< the chosen probabilities are divided by their sum
};

/// What may differ from layer to layer.
struct LayerSettings {
  LogitRule logits;
  int rope = -1;         ///< index into Architecture::ropes; −1: none
  bool experts = false;  ///< mixture of experts instead of the plain feed-forward block
};

struct Architecture {
  std::string family;
  int64_t layers = 0;
  int64_t hidden_size = 0;
  int64_t vocabulary = 0;
  int64_t max_positions = 0;  ///< 0: unlimited
  HeadLayout heads;

  // Input: embedding · embedding_scale, plus a learned vector for each position if there are any;
  // position p is row p + position_offset of their table.
  float embedding_scale = 1.0F;
  bool learned_positions = false;
  int64_t position_offset = 0;

  NormKind norm = NormKind::rms;
  float norm_epsilon = 1e-6F;
  float norm_weight_offset =
      0.0F;  ///< added to every norm's weight: 1 where files hold w of (1 + w)
  NormPlacement norms;
  bool parallel_residual = false;  ///< x += attention(norm_1(x)) + feed_forward(norm_2(x))

  bool query_key_value_bias = false;
  bool attention_output_bias = false;
  QkNorm qk_norm = QkNorm::none;
  std::optional<float> qkv_limit;  ///< q, k, v are clipped to [−limit, limit], after QK-norm

  FeedForward feed_forward;
  Experts experts;

  bool final_norm = true;
  bool tied_embeddings = false;        ///< the output head is the token embedding
  std::optional<float> logit_softcap;  ///< of the next-token logits

  capture::RopeLayout rope_layout = capture::RopeLayout::half;
  std::vector<RopeSettings> ropes;   ///< the different ones
  std::vector<LayerSettings> layer;  ///< [layers]

  int64_t query_width() const { return heads.query_heads * heads.head_dim; }
  int64_t kv_width() const { return heads.kv_heads * heads.head_dim; }
  bool has_experts() const;
};

/// Throws FormatError, starting with `context`, unless the extents are positive, in range and
/// agree. For families to call before anything is derived from these numbers.
void validate(const Architecture& architecture, const std::string& context);

}  // namespace aqua::model
