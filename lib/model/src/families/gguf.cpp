#include "gguf.hpp"

#include <algorithm>
#include <cmath>

#include "aqua/core/error.hpp"

namespace aqua::model {

using formats::gguf_value;
using formats::gguf_value_or;

GgufConfig::GgufConfig(const formats::GgufFile& file)
    : file_(file),
      prefix_(gguf_value<std::string>(file, "general.architecture")),
      context_(file.files().front().string()) {}

int64_t GgufConfig::integer(const char* name) const {
  return gguf_value<int64_t>(file_, key(name));
}

int64_t GgufConfig::integer_or(const char* name, int64_t fallback) const {
  return gguf_value_or<int64_t>(file_, key(name), fallback);
}

double GgufConfig::number_or(const char* name, double fallback) const {
  return gguf_value_or<double>(file_, key(name), fallback);
}

bool GgufConfig::flag_or(const char* name, bool fallback) const {
  return gguf_value_or<bool>(file_, key(name), fallback);
}

Architecture read_sizes(const GgufConfig& config, NormKind norm) {
  Architecture a;
  a.layers = config.integer("block_count");
  a.hidden_size = config.integer("embedding_length");
  a.feed_forward.size = config.integer("feed_forward_length");
  a.max_positions = config.integer_or("context_length", 0);
  a.heads.query_heads = config.integer("attention.head_count");
  a.heads.kv_heads = config.integer_or("attention.head_count_kv", a.heads.query_heads);
  const int64_t even_share =
      a.heads.query_heads > 0 ? a.hidden_size / a.heads.query_heads : int64_t{0};
  a.heads.head_dim = config.integer_or("attention.key_length", even_share);
  const int64_t value_dim = config.integer_or("attention.value_length", a.heads.head_dim);
  if (value_dim != a.heads.head_dim) {
    fail<FormatError>("{}: \"{}\": expected the key length {}, found {}", config.context(),
                      config.key("attention.value_length"), a.heads.head_dim, value_dim);
  }
  a.norm = norm;
  a.norm_epsilon = static_cast<float>(
      norm == NormKind::rms ? config.number_or("attention.layer_norm_rms_epsilon", 1e-5)
                            : config.number_or("attention.layer_norm_epsilon", 1e-5));
  const formats::Tensor& embedding = formats::require(config.file(), "token_embd.weight");
  a.vocabulary = embedding.shape.empty() ? 0 : embedding.shape.front();
  a.query_key_value_bias =
      config.has_tensor("blk.0.attn_q.bias") || config.has_tensor("blk.0.attn_qkv.bias");
  a.attention_output_bias = config.has_tensor("blk.0.attn_output.bias");
  a.feed_forward.bias = config.has_tensor("blk.0.ffn_up.bias");
  a.tied_embeddings = !config.has_tensor("output.weight");
  validate(a, config.context());
  if (!config.flag_or("attention.causal", true)) {
    fail<FormatError>("{}: \"{}\": only true is supported, found false", config.context(),
                      config.key("attention.causal"));
  }
  LayerSettings settings;
  const double scale = 1.0 / std::sqrt(static_cast<double>(a.heads.head_dim));
  settings.logits.scale = static_cast<float>(config.number_or("attention.scale", scale));
  a.layer.assign(static_cast<std::size_t>(a.layers), settings);
  a.rope_layout = capture::RopeLayout::none;
  return a;
}

void read_rope(const GgufConfig& config, Architecture& a, capture::RopeLayout layout, float theta) {
  a.ropes = {read_rope_settings(
      config.file(), config.prefix(),
      {.head_dim = a.heads.head_dim, .max_positions = a.max_positions, .theta = theta})};
  for (LayerSettings& layer : a.layer) layer.rope = 0;
  a.rope_layout = layout;
  if (a.max_positions > 0) {
    a.max_positions = std::max(a.max_positions, a.ropes.front().extended_positions);
  }
}

std::vector<bool> sliding_layers(const GgufConfig& config, const Architecture& a,
                                 const std::function<bool(int64_t)>& slides) {
  constexpr const char* name = "attention.sliding_window_pattern";
  const auto& values = config.file().values();
  const auto found = values.find(config.key(name));
  if (found != values.end() && std::holds_alternative<std::vector<bool>>(found->second)) {
    const auto& flags = std::get<std::vector<bool>>(found->second);
    if (flags.size() != a.layer.size()) {
      fail<FormatError>("{}: \"{}\": expected {} flags, one for each layer, found {}",
                        config.context(), found->first, a.layers, flags.size());
    }
    return flags;
  }
  const int64_t every = config.integer_or(name, 0);
  std::vector<bool> result(a.layer.size());
  for (int64_t i = 0; i < a.layers; ++i) {
    result[static_cast<std::size_t>(i)] = every > 0 ? (i + 1) % every != 0 : slides(i);
  }
  return result;
}

void read_window(const GgufConfig& config, Architecture& a, const std::vector<bool>& slides) {
  const int64_t window = config.integer_or("attention.sliding_window", 0);
  if (window <= 0) return;
  for (std::size_t i = 0; i < slides.size(); ++i) {
    if (slides[i]) a.layer[i].logits.window = window;
  }
}

void read_experts(const GgufConfig& config, Architecture& a, bool renormalise) {
  a.experts.count = config.integer_or("expert_count", 0);
  if (a.experts.count == 0) return;
  a.experts.per_token = config.integer("expert_used_count");
  a.experts.size = config.integer_or("expert_feed_forward_length", a.feed_forward.size);
  a.experts.renormalise = config.flag_or("expert_weights_norm", renormalise);
  constexpr int64_t softmax = 1;
  if (const int64_t gating = config.integer_or("expert_gating_func", softmax); gating != softmax) {
    fail<FormatError>("{}: \"{}\": only {} (softmax) is supported, found {}", config.context(),
                      config.key("expert_gating_func"), softmax, gating);
  }
  validate(a, config.context());
  for (LayerSettings& layer : a.layer) layer.experts = true;
}

TensorNames names_in(const formats::GgufFile& file, TensorNames names) {
  if (file.find("blk.0.ffn_gate.0.weight") == nullptr) return names;
  names.expert_gate = "ffn_gate.{}";
  names.expert_up = "ffn_up.{}";
  names.expert_down = "ffn_down.{}";
  return names;
}

}  // namespace aqua::model
