// What families share in reading config.json: a family calls these in turn and then says what it
// does differently.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "architecture.hpp"

namespace aqua::model {

/// Keys under which families write the same things, and what holds when a key is missing, which is
/// what the family's configuration class in transformers says.
struct ConfigKeys {
  const char* layers = "num_hidden_layers";
  const char* hidden_size = "hidden_size";
  const char* feed_forward_size = "intermediate_size";
  const char* heads = "num_attention_heads";
  const char* kv_heads = "num_key_value_heads";
  const char* max_positions = "max_position_embeddings";
  const char* norm_epsilon = "rms_norm_eps";
  const char* activation = "hidden_act";

  float default_epsilon = 1e-6F;
  const char* default_activation = "silu";
  int64_t default_head_dim = 0;     ///< 0: hidden_size / heads
  int64_t feed_forward_factor = 0;  ///< of hidden_size, where the size may be missing; 0: may not
  bool default_tied = false;
};

/// Sizes, heads, epsilon, activation, tied embeddings; every layer full attention with scale 1/√d
/// and without rotary embedding. Refuses quantised weights. Checked (see validate).
Architecture read_sizes(const nlohmann::json& config, const std::string& context,
                        const ConfigKeys& keys = {});

/// Rotary embedding, the same for every layer. `share` and `theta`: when config.json says nothing.
void read_rope(const nlohmann::json& config, const std::string& context, Architecture& a,
               float theta = 10000.0F, float share = 1.0F);

/// "attention_bias": on all four projections.
void read_attention_bias(const nlohmann::json& config, const std::string& context, Architecture& a);

/// The activation of that name in transformers; FormatError that lists the supported ones.
ops::Activation activation_named(const std::string& name, std::string_view key,
                                 const std::string& context);

/// The cap under `key`: `fallback` when the key is missing, none when it is null; FormatError
/// unless positive.
std::optional<float> read_softcap(const nlohmann::json& config, const char* key,
                                  const std::string& context, std::optional<float> fallback);

/// Experts in every layer, unless their number is 0. Checked (see validate).
void read_experts(const nlohmann::json& config, const std::string& context, Architecture& a,
                  const char* size_key, bool renormalise);

/// A window size under `key`: null or missing means none; FormatError unless positive.
std::optional<int64_t> read_window(const nlohmann::json& config, const char* key,
                                   const std::string& context);

/// Which layers slide: by "layer_types" when config.json has it (full_attention or
/// sliding_attention for each layer), else by `slides`.
std::vector<bool> sliding_layers(const nlohmann::json& config, const std::string& context,
                                 int64_t layers, const std::function<bool(int64_t)>& slides);

/// The window of those layers; FormatError when there is none and a layer slides.
void set_window(Architecture& a, const std::vector<bool>& slides, std::optional<int64_t> window,
                const std::string& context);

/// FormatError unless `key` is missing, null, or `only`: an option that changes results and that we
/// do not support.
void expect_only(const nlohmann::json& config, const char* key, const nlohmann::json& only,
                 const std::string& context);

}  // namespace aqua::model
