// Llama 1 to 3 (arXiv 2302.13971, 2307.09288, 2407.21783): pre-norm, RMS norm, rotary embedding,
// grouped-query attention, SiLU-gated feed-forward.
#include <cmath>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "family.hpp"

namespace aqua::model {
namespace {

using formats::json_value;
using formats::json_value_or;

// "head_dim", which older files leave to be hidden_size / num_attention_heads.
int64_t head_dimension(const nlohmann::json& config, const Architecture& a,
                       const std::string& context) {
  const auto stated = json_value_or<int64_t>(config, "head_dim", context, 0);
  if (stated != 0 || a.heads.query_heads <= 0) return stated;
  if (a.hidden_size % a.heads.query_heads != 0) {
    fail<FormatError>(
        "{}: \"head_dim\" is missing and hidden_size {} is not a multiple of num_attention_heads "
        "{}",
        context, a.hidden_size, a.heads.query_heads);
  }
  return a.hidden_size / a.heads.query_heads;
}

Architecture read(const nlohmann::json& config, const std::string& context) {
  Architecture a;
  a.family = llama_family.model_type;
  a.layers = json_value<int64_t>(config, "num_hidden_layers", context);
  a.hidden_size = json_value<int64_t>(config, "hidden_size", context);
  a.feed_forward_size = json_value<int64_t>(config, "intermediate_size", context);
  a.vocabulary = json_value<int64_t>(config, "vocab_size", context);
  a.max_positions = json_value_or<int64_t>(config, "max_position_embeddings", context, 0);
  a.heads.query_heads = json_value<int64_t>(config, "num_attention_heads", context);
  a.heads.kv_heads =
      json_value_or<int64_t>(config, "num_key_value_heads", context, a.heads.query_heads);
  a.heads.head_dim = head_dimension(config, a, context);
  a.norm_epsilon = json_value_or<float>(config, "rms_norm_eps", context, 1e-6F);
  a.attention_bias = json_value_or<bool>(config, "attention_bias", context, false);
  a.feed_forward_bias = json_value_or<bool>(config, "mlp_bias", context, false);
  a.tied_embeddings = json_value_or<bool>(config, "tie_word_embeddings", context, false);
  const auto activation = json_value_or<std::string>(config, "hidden_act", context, "silu");
  if (activation != "silu") {
    fail<FormatError>("{}: \"hidden_act\": expected silu, found \"{}\"", context, activation);
  }
  validate(a, context);
  a.logits.scale = 1.0F / std::sqrt(static_cast<float>(a.heads.head_dim));
  a.rope = read_rope_settings(config, a.heads.head_dim, context);
  return a;
}

// GGUF files of this architecture hold the rows of the query and key projections permuted, so that
// rotary embedding pairs neighbouring dimensions.
Architecture read_gguf(const formats::GgufFile& file) {
  using formats::gguf_value;
  using formats::gguf_value_or;
  const std::string context = file.files().front().string();
  if (gguf_value_or<int64_t>(file, "llama.expert_count", 0) != 0) {
    fail<FormatError>("{}: \"llama.expert_count\": mixtures of experts are not supported", context);
  }
  Architecture a;
  a.family = llama_family.model_type;
  a.layers = gguf_value<int64_t>(file, "llama.block_count");
  a.hidden_size = gguf_value<int64_t>(file, "llama.embedding_length");
  a.feed_forward_size = gguf_value<int64_t>(file, "llama.feed_forward_length");
  a.max_positions = gguf_value_or<int64_t>(file, "llama.context_length", 0);
  a.heads.query_heads = gguf_value<int64_t>(file, "llama.attention.head_count");
  a.heads.kv_heads =
      gguf_value_or<int64_t>(file, "llama.attention.head_count_kv", a.heads.query_heads);
  const int64_t even_share =
      a.heads.query_heads > 0 ? a.hidden_size / a.heads.query_heads : int64_t{0};
  a.heads.head_dim = gguf_value_or<int64_t>(file, "llama.attention.key_length", even_share);
  a.norm_epsilon = static_cast<float>(
      gguf_value_or<double>(file, "llama.attention.layer_norm_rms_epsilon", 1e-5));
  const formats::Tensor& embedding = formats::require(file, "token_embd.weight");
  a.vocabulary = embedding.shape.empty() ? 0 : embedding.shape.front();
  a.attention_bias = file.find("blk.0.attn_q.bias") != nullptr;
  a.tied_embeddings = file.find("output.weight") == nullptr;
  a.rope_layout = capture::RopeLayout::interleaved;
  validate(a, context);
  const auto rotated = gguf_value_or<int64_t>(file, "llama.rope.dimension_count", a.heads.head_dim);
  if (rotated != a.heads.head_dim) {
    fail<FormatError>(
        "{}: \"llama.rope.dimension_count\": expected the head dimension {}, found {}", context,
        a.heads.head_dim, rotated);
  }
  a.logits.scale = 1.0F / std::sqrt(static_cast<float>(a.heads.head_dim));
  a.rope = read_rope_settings(file, "llama", rotated);
  return a;
}

}  // namespace

const Family llama_family{.model_type = "llama",
                          .read = read,
                          .names = {.embedding = "model.embed_tokens",
                                    .final_norm = "model.norm",
                                    .output_head = "lm_head",
                                    .attention_norm = "input_layernorm",
                                    .query = "self_attn.q_proj",
                                    .key = "self_attn.k_proj",
                                    .value = "self_attn.v_proj",
                                    .attention_output = "self_attn.o_proj",
                                    .feed_forward_norm = "post_attention_layernorm",
                                    .gate = "mlp.gate_proj",
                                    .up = "mlp.up_proj",
                                    .down = "mlp.down_proj",
                                    .layer_prefix = "model.layers.{}."},
                          .gguf_architecture = "llama",
                          .read_gguf = read_gguf,
                          .gguf_names = {.embedding = "token_embd",
                                         .final_norm = "output_norm",
                                         .output_head = "output",
                                         .attention_norm = "attn_norm",
                                         .query = "attn_q",
                                         .key = "attn_k",
                                         .value = "attn_v",
                                         .attention_output = "attn_output",
                                         .feed_forward_norm = "ffn_norm",
                                         .gate = "ffn_gate",
                                         .up = "ffn_up",
                                         .down = "ffn_down",
                                         .layer_prefix = "blk.{}."}};

}  // namespace aqua::model
