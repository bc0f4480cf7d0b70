// What the Gemma families share: norms before and after each sublayer with weights (1 + w), scaled
// embeddings, a query scale of its own, local and global layers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "architecture.hpp"
#include "gguf.hpp"
#include "tensor_names.hpp"

namespace aqua::model {

/// All but rotary embedding, windows and soft-caps.
Architecture read_gemma(const nlohmann::json& config, const std::string& context);
/// The same from a GGUF file. The file does not state the query scale: it is 1/√d, but
/// 1/√(hidden/H) in the largest model of a generation, which has `largest_layers` layers.
Architecture read_gemma(const GgufConfig& config, int64_t largest_layers);

constexpr TensorNames gemma_names() {
  TensorNames names = llama_names();
  names.attention_post_norm = "post_attention_layernorm";
  names.feed_forward_norm = "pre_feedforward_layernorm";
  names.feed_forward_post_norm = "post_feedforward_layernorm";
  return names;
}

}  // namespace aqua::model
