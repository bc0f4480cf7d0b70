// A decoder-only transformer as plain data: what a family's config.json comes to.
#pragma once

#include <cstdint>
#include <string>

#include "aqua/capture/event.hpp"
#include "aqua/core/heads.hpp"
#include "rope_settings.hpp"

namespace aqua::model {

/// Pre-norm decoder: x += attention(rms_norm(x)); x += feed_forward(rms_norm(x)), with rotary
/// embedding on q and k and a SiLU-gated feed-forward block.
struct Architecture {
  std::string family;
  int64_t layers = 0;
  int64_t hidden_size = 0;
  int64_t feed_forward_size = 0;
  int64_t vocabulary = 0;
  int64_t max_positions = 0;  ///< 0: unlimited
  HeadLayout heads;
  float norm_epsilon = 1e-6F;
  bool attention_bias = false;  ///< on the q, k, v projections and the output projection
  bool feed_forward_bias = false;
  bool tied_embeddings = false;  ///< the output head is the token embedding
  LogitRule logits;              ///< scale 1/√d unless the family says otherwise
  RopeSettings rope;
  capture::RopeLayout rope_layout = capture::RopeLayout::half;
};

/// Throws FormatError, starting with `context`, unless the extents are positive and agree.
void validate(const Architecture& architecture, const std::string& context);

}  // namespace aqua::model
