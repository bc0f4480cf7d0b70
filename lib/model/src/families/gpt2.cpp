// GPT-2 (Radford et al., 2019): learned positions, layer norms, biases, no rotary embedding.
// Matrices are stored [in, out].
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"

namespace aqua::model {
namespace {

using formats::json_value_or;

void compose_gpt2(Architecture& a) {
  a.norm = NormKind::layer;
  a.learned_positions = true;
  a.query_key_value_bias = true;
  a.attention_output_bias = true;
  a.feed_forward.gated = false;
  a.feed_forward.bias = true;
}

Architecture read_gpt2(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context,
                              {.layers = "n_layer",
                               .hidden_size = "n_embd",
                               .feed_forward_size = "n_inner",
                               .heads = "n_head",
                               .kv_heads = nullptr,
                               .max_positions = "n_positions",
                               .norm_epsilon = "layer_norm_epsilon",
                               .activation = "activation_function",
                               .default_epsilon = 1e-5F,
                               .default_activation = "gelu_new",
                               .feed_forward_factor = 4,
                               .default_tied = true});
  compose_gpt2(a);
  a.max_positions = formats::json_value<int64_t>(config, "n_positions", context);
  expect_only(config, "add_cross_attention", false, context);
  if (!json_value_or<bool>(config, "scale_attn_weights", context, true)) {
    for (LayerSettings& layer : a.layer) layer.logits.scale = 1.0F;
  }
  if (json_value_or<bool>(config, "scale_attn_by_inverse_layer_idx", context, false)) {
    for (std::size_t i = 0; i < a.layer.size(); ++i) {
      a.layer[i].logits.scale /= static_cast<float>(i + 1);
    }
  }
  return a;
}

Architecture read_gpt2_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config, NormKind::layer);
  compose_gpt2(a);
  a.max_positions = config.integer("context_length");
  a.feed_forward.activation = ops::Activation::gelu_tanh;
  return a;
}

constexpr TensorNames gpt2_names() {
  TensorNames names;
  names.base_prefix = "transformer.";
  names.embedding = "wte";
  names.positions = "wpe";
  names.final_norm = "ln_f";
  names.output_head = "lm_head";
  names.layer_prefix = "h.{}.";
  names.attention_norm = "ln_1";
  names.feed_forward_norm = "ln_2";
  names.qkv_storage = QkvStorage::stacked;
  names.query_key_value = "attn.c_attn";
  names.attention_output = "attn.c_proj";
  names.up = "mlp.c_fc";
  names.down = "mlp.c_proj";
  names.transposed = true;
  return names;
}

}  // namespace

constinit const Family gpt2_family{.model_type = "gpt2",
                                   .read = read_gpt2,
                                   .names = gpt2_names(),
                                   .gguf_architecture = "gpt2",
                                   .read_gguf = read_gpt2_gguf,
                                   .gguf_names = stacked_gguf_names()};

}  // namespace aqua::model
