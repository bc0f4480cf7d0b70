// GPT-NeoX (arXiv 2204.06745), Pythia (arXiv 2304.01373): layer norms, biases, attention and
// feed-forward side by side, partial rotary embedding, query, key and value of each head in turn.
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"

namespace aqua::model {
namespace {

using formats::json_value_or;

void compose_gpt_neox(Architecture& a, bool parallel) {
  a.norm = NormKind::layer;
  a.parallel_residual = parallel;
  a.feed_forward.gated = false;
  a.feed_forward.bias = true;
}

Architecture read_gpt_neox(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context,
                              {.kv_heads = nullptr,
                               .norm_epsilon = "layer_norm_eps",
                               .default_epsilon = 1e-5F,
                               .default_activation = "gelu"});
  compose_gpt_neox(a, json_value_or<bool>(config, "use_parallel_residual", context, true));
  a.query_key_value_bias = json_value_or<bool>(config, "attention_bias", context, true);
  a.attention_output_bias = a.query_key_value_bias;
  read_rope(config, context, a, 10000.0F, 0.25F);
  return a;
}

// Converters undo the interleaving of heads.
Architecture read_gpt_neox_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config, NormKind::layer);
  compose_gpt_neox(a, config.flag_or("use_parallel_residual", true));
  a.feed_forward.activation = ops::Activation::gelu;
  read_rope(config, a, capture::RopeLayout::half);
  return a;
}

constexpr TensorNames gpt_neox_names() {
  TensorNames names;
  names.base_prefix = "gpt_neox.";
  names.embedding = "embed_in";
  names.final_norm = "final_layer_norm";
  names.output_head = "embed_out";
  names.layer_prefix = "layers.{}.";
  names.attention_norm = "input_layernorm";
  names.feed_forward_norm = "post_attention_layernorm";
  names.qkv_storage = QkvStorage::stacked_per_head;
  names.query_key_value = "attention.query_key_value";
  names.attention_output = "attention.dense";
  names.up = "mlp.dense_h_to_4h";
  names.down = "mlp.dense_4h_to_h";
  return names;
}

}  // namespace

constinit const Family gpt_neox_family{.model_type = "gpt_neox",
                                       .read = read_gpt_neox,
                                       .names = gpt_neox_names(),
                                       .gguf_architecture = "gptneox",
                                       .read_gguf = read_gpt_neox_gguf,
                                       .gguf_names = stacked_gguf_names()};

}  // namespace aqua::model
