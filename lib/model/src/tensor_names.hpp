// What a family's tensors are called, in Hugging Face folders and in GGUF files.
#pragma once

#include <string_view>

namespace aqua::model {

/// How the query, key and value projections are stored.
enum class QkvStorage {
  separate,          ///< three matrices
  stacked,           ///< one: all queries, all keys, all values
  stacked_per_head,  ///< one: query, key and value of the first head, of the second, …
};

/// Names without their ".weight" and ".bias". Those of a layer follow base_prefix and layer_prefix,
/// the others base_prefix, except the output head. A name that is empty belongs to no tensor.
struct TensorNames {
  /// Before every name but the output head's; checkpoints of the bare model leave it out.
  std::string_view base_prefix;
  std::string_view embedding, positions, final_norm, output_head;

  std::string_view layer_prefix;  ///< with one {} for the layer's number
  std::string_view attention_norm, attention_post_norm, feed_forward_norm, feed_forward_post_norm;
  QkvStorage qkv_storage = QkvStorage::separate;
  std::string_view query, key, value;  ///< when separate
  std::string_view query_key_value;    ///< when not
  std::string_view query_norm, key_norm;
  std::string_view attention_output;
  std::string_view gate, up, down;
  std::string_view gate_up;  ///< gate and up stacked in one matrix; they have no names then

  std::string_view router;
  /// With {} for the expert's number, or without: one tensor [experts, out, in].
  std::string_view expert_gate, expert_up, expert_down;

  bool transposed = false;  ///< the matrices of layers are stored [in, out] (GPT-2's Conv1D)
};

/// The names that most families have in Hugging Face folders: Llama's.
constexpr TensorNames llama_names() {
  TensorNames names;
  names.base_prefix = "model.";
  names.embedding = "embed_tokens";
  names.final_norm = "norm";
  names.output_head = "lm_head";
  names.layer_prefix = "layers.{}.";
  names.attention_norm = "input_layernorm";
  names.feed_forward_norm = "post_attention_layernorm";
  names.query = "self_attn.q_proj";
  names.key = "self_attn.k_proj";
  names.value = "self_attn.v_proj";
  names.query_norm = "self_attn.q_norm";
  names.key_norm = "self_attn.k_norm";
  names.attention_output = "self_attn.o_proj";
  names.gate = "mlp.gate_proj";
  names.up = "mlp.up_proj";
  names.down = "mlp.down_proj";
  names.router = "mlp.gate";
  names.expert_gate = "mlp.experts.{}.gate_proj";
  names.expert_up = "mlp.experts.{}.up_proj";
  names.expert_down = "mlp.experts.{}.down_proj";
  return names;
}

/// The names that GGUF files share between architectures.
constexpr TensorNames gguf_names() {
  TensorNames names;
  names.embedding = "token_embd";
  names.positions = "position_embd";
  names.final_norm = "output_norm";
  names.output_head = "output";
  names.layer_prefix = "blk.{}.";
  names.attention_norm = "attn_norm";
  names.attention_post_norm = "post_attention_norm";
  names.feed_forward_norm = "ffn_norm";
  names.feed_forward_post_norm = "post_ffw_norm";
  names.query = "attn_q";
  names.key = "attn_k";
  names.value = "attn_v";
  names.query_key_value = "attn_qkv";
  names.query_norm = "attn_q_norm";
  names.key_norm = "attn_k_norm";
  names.attention_output = "attn_output";
  names.gate = "ffn_gate";
  names.up = "ffn_up";
  names.down = "ffn_down";
  names.router = "ffn_gate_inp";
  names.expert_gate = "ffn_gate_exps";
  names.expert_up = "ffn_up_exps";
  names.expert_down = "ffn_down_exps";
  return names;
}

/// The same with one matrix for query, key and value: what fused families have.
constexpr TensorNames stacked_gguf_names() {
  TensorNames names = gguf_names();
  names.qkv_storage = QkvStorage::stacked;
  return names;
}

}  // namespace aqua::model
