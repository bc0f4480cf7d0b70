#include "config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::model {

using formats::json_value;
using formats::json_value_or;
using nlohmann::json;

namespace {

// The head dimension, which older files leave to be hidden_size / num_attention_heads.
int64_t head_dimension(const json& config, const Architecture& a, const std::string& context,
                       const ConfigKeys& keys) {
  const auto stated = json_value_or<int64_t>(config, "head_dim", context, keys.default_head_dim);
  if (stated != 0 || a.heads.query_heads <= 0) return stated;
  if (a.hidden_size % a.heads.query_heads != 0) {
    fail<FormatError>("{}: \"head_dim\" is missing and {} {} is not a multiple of {} {}", context,
                      keys.hidden_size, a.hidden_size, keys.heads, a.heads.query_heads);
  }
  return a.hidden_size / a.heads.query_heads;
}

}  // namespace

Architecture read_sizes(const json& config, const std::string& context, const ConfigKeys& keys) {
  Architecture a;
  a.layers = json_value<int64_t>(config, keys.layers, context);
  a.hidden_size = json_value<int64_t>(config, keys.hidden_size, context);
  if (keys.feed_forward_factor == 0) {
    a.feed_forward.size = json_value<int64_t>(config, keys.feed_forward_size, context);
  } else {
    a.feed_forward.size = json_value_or<int64_t>(config, keys.feed_forward_size, context, 0);
    if (a.feed_forward.size == 0) {
      a.feed_forward.size = checked_multiply(keys.feed_forward_factor, a.hidden_size, context);
    }
  }
  a.vocabulary = json_value<int64_t>(config, "vocab_size", context);
  a.max_positions = json_value_or<int64_t>(config, keys.max_positions, context, 0);
  a.heads.query_heads = json_value<int64_t>(config, keys.heads, context);
  a.heads.kv_heads =
      keys.kv_heads == nullptr
          ? a.heads.query_heads
          : json_value_or<int64_t>(config, keys.kv_heads, context, a.heads.query_heads);
  a.heads.head_dim = head_dimension(config, a, context, keys);
  a.norm_epsilon =
      keys.norm_epsilon == nullptr
          ? keys.default_epsilon
          : json_value_or<float>(config, keys.norm_epsilon, context, keys.default_epsilon);
  if (!(a.norm_epsilon >= 0.0F) || !std::isfinite(a.norm_epsilon)) {
    fail<FormatError>("{}: \"{}\": expected a number not below 0, found {}", context,
                      keys.norm_epsilon, a.norm_epsilon);
  }
  a.feed_forward.activation = activation_named(
      json_value_or<std::string>(config, keys.activation, context, keys.default_activation),
      keys.activation, context);
  a.tied_embeddings =
      json_value_or<bool>(config, "tie_word_embeddings", context, keys.default_tied);
  if (const auto it = config.find("quantization_config"); it != config.end() && !it->is_null()) {
    fail<FormatError>(
        "{}: \"quantization_config\": quantised Hugging Face weights are not supported", context);
  }
  validate(a, context);
  LayerSettings settings;
  settings.logits.scale = 1.0F / std::sqrt(static_cast<float>(a.heads.head_dim));
  a.layer.assign(static_cast<std::size_t>(a.layers), settings);
  a.rope_layout = capture::RopeLayout::none;
  return a;
}

void read_rope(const json& config, const std::string& context, Architecture& a, float theta,
               float share) {
  a.ropes = {read_rope_settings(config,
                                {.head_dim = a.heads.head_dim,
                                 .max_positions = a.max_positions,
                                 .theta = theta,
                                 .share = share},
                                context)};
  for (LayerSettings& layer : a.layer) layer.rope = 0;
  a.rope_layout = capture::RopeLayout::half;
  if (a.max_positions > 0) {
    a.max_positions = std::max(a.max_positions, a.ropes.front().extended_positions);
  }
}

void read_attention_bias(const json& config, const std::string& context, Architecture& a) {
  a.query_key_value_bias = json_value_or<bool>(config, "attention_bias", context, false);
  a.attention_output_bias = a.query_key_value_bias;
}

ops::Activation activation_named(const std::string& name, std::string_view key,
                                 const std::string& context) {
  using ops::Activation;
  static constexpr auto known = std::to_array<std::pair<std::string_view, Activation>>(
      {{"silu", Activation::silu},
       {"swish", Activation::silu},
       {"gelu", Activation::gelu},
       {"gelu_python", Activation::gelu},
       {"gelu_new", Activation::gelu_tanh},
       {"gelu_fast", Activation::gelu_tanh},
       {"gelu_pytorch_tanh", Activation::gelu_tanh},
       {"relu", Activation::relu}});
  std::vector<std::string_view> names;
  for (const auto& [candidate, activation] : known) {
    if (candidate == name) return activation;
    names.push_back(candidate);
  }
  fail<FormatError>("{}: \"{}\": expected one of {}, found \"{}\"", context, key,
                    fmt::join(names, ", "), name);
}

std::optional<float> read_softcap(const json& config, const char* key, const std::string& context,
                                  std::optional<float> fallback) {
  const auto it = config.find(key);
  if (it == config.end()) return fallback;
  if (it->is_null()) return std::nullopt;
  const auto cap = json_value<float>(config, key, context);
  if (!(cap > 0.0F) || !std::isfinite(cap)) {
    fail<FormatError>("{}: \"{}\": expected a positive number, found {}", context, key, cap);
  }
  return cap;
}

void read_experts(const json& config, const std::string& context, Architecture& a,
                  const char* size_key, bool renormalise) {
  // Two spellings, of which transformers 5 writes the second.
  const char* count_key = config.contains("num_experts") ? "num_experts" : "num_local_experts";
  a.experts.count = json_value<int64_t>(config, count_key, context);
  a.experts.size = json_value<int64_t>(config, size_key, context);
  a.experts.per_token = json_value<int64_t>(config, "num_experts_per_tok", context);
  a.experts.renormalise = renormalise;
  if (a.experts.count == 0) return;
  validate(a, context);
  for (LayerSettings& layer : a.layer) layer.experts = true;
}

std::optional<int64_t> read_window(const json& config, const char* key,
                                   const std::string& context) {
  const auto it = config.find(key);
  if (it == config.end() || it->is_null()) return std::nullopt;
  const auto window = json_value<int64_t>(config, key, context);
  if (window <= 0) {
    fail<FormatError>("{}: \"{}\": expected a positive number, found {}", context, key, window);
  }
  return window;
}

std::vector<bool> sliding_layers(const json& config, const std::string& context, int64_t layers,
                                 const std::function<bool(int64_t)>& slides) {
  std::vector<bool> result(static_cast<std::size_t>(layers));
  const auto types = json_value_or<std::vector<std::string>>(config, "layer_types", context, {});
  if (types.empty()) {
    for (int64_t i = 0; i < layers; ++i) result[static_cast<std::size_t>(i)] = slides(i);
    return result;
  }
  if (types.size() != result.size()) {
    fail<FormatError>("{}: \"layer_types\": expected {} entries, one for each layer, found {}",
                      context, layers, types.size());
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] != "sliding_attention" && types[i] != "full_attention") {
      fail<FormatError>(
          "{}: \"layer_types[{}]\": expected full_attention or sliding_attention, found \"{}\"",
          context, i, types[i]);
    }
    result[i] = types[i] == "sliding_attention";
  }
  return result;
}

void set_window(Architecture& a, const std::vector<bool>& slides, std::optional<int64_t> window,
                const std::string& context) {
  for (std::size_t i = 0; i < slides.size(); ++i) {
    if (!slides[i]) continue;
    if (!window) {
      fail<FormatError>("{}: layer {} has sliding attention, but \"sliding_window\" is missing",
                        context, i);
    }
    a.layer[i].logits.window = *window;
  }
}

void expect_only(const json& config, const char* key, const json& only,
                 const std::string& context) {
  const auto it = config.find(key);
  if (it == config.end() || it->is_null() || *it == only) return;
  fail<FormatError>("{}: \"{}\": only {} is supported, found {}", context, key, only.dump(),
                    formats::json_excerpt(*it));
}

}  // namespace aqua::model
