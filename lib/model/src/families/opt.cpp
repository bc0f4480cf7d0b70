// OPT (arXiv 2205.01068): learned positions with two unused rows before the first, layer norms,
// biases, ReLU, no rotary embedding.
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"

namespace aqua::model {
namespace {

using formats::json_value_or;

Architecture read_opt(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context,
                              {.feed_forward_size = "ffn_dim",
                               .kv_heads = nullptr,
                               .norm_epsilon = nullptr,
                               .activation = "activation_function",
                               .default_epsilon = 1e-5F,
                               .default_activation = "relu",
                               .default_tied = true});
  a.norm = NormKind::layer;
  a.learned_positions = true;
  a.position_offset = 2;
  a.max_positions = formats::json_value<int64_t>(config, "max_position_embeddings", context);
  a.feed_forward.gated = false;
  a.feed_forward.bias = json_value_or<bool>(config, "enable_bias", context, true);
  a.query_key_value_bias = a.feed_forward.bias;
  a.attention_output_bias = a.feed_forward.bias;
  a.final_norm = !json_value_or<bool>(config, "_remove_final_layer_norm", context, false);
  expect_only(config, "do_layer_norm_before", true, context);
  expect_only(config, "word_embed_proj_dim", a.hidden_size, context);
  expect_only(config, "layer_norm_elementwise_affine", true, context);
  return a;
}

constexpr TensorNames opt_names() {
  TensorNames names;
  names.base_prefix = "model.";
  names.embedding = "decoder.embed_tokens";
  names.positions = "decoder.embed_positions";
  names.final_norm = "decoder.final_layer_norm";
  names.output_head = "lm_head";
  names.layer_prefix = "decoder.layers.{}.";
  names.attention_norm = "self_attn_layer_norm";
  names.feed_forward_norm = "final_layer_norm";
  names.query = "self_attn.q_proj";
  names.key = "self_attn.k_proj";
  names.value = "self_attn.v_proj";
  names.attention_output = "self_attn.out_proj";
  names.up = "fc1";
  names.down = "fc2";
  return names;
}

}  // namespace

constinit const Family opt_family{.model_type = "opt", .read = read_opt, .names = opt_names()};

}  // namespace aqua::model
