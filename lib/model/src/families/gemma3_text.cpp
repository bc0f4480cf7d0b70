// Gemma 3, the text model (arXiv 2503.19786): QK-norm; five of six layers slide, and these have a
// rotary base of their own without scaling.
#include <cmath>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gemma.hpp"

namespace aqua::model {
namespace {

using nlohmann::json;

constexpr float global_theta = 1e6F;
constexpr float local_theta = 1e4F;
enum : int { global_rope, local_rope };

// Published multimodal checkpoints state only what differs from these, the defaults of
// transformers.
constexpr std::string_view text_config_defaults = R"({
  "vocab_size": 262208, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
  "max_position_embeddings": 131072, "rms_norm_eps": 1e-6
})";

void assign_ropes(Architecture& a, const std::vector<bool>& slides) {
  for (std::size_t i = 0; i < slides.size(); ++i) {
    a.layer[i].rope = slides[i] ? local_rope : global_rope;
  }
  a.rope_layout = capture::RopeLayout::half;
}

// Transformers 5 has settings for each type of layer, transformers 4 one base beside the common
// settings.
std::vector<RopeSettings> read_ropes(const json& config, const std::string& context,
                                     const Architecture& a) {
  const RopeDefaults global{
      .head_dim = a.heads.head_dim, .max_positions = a.max_positions, .theta = global_theta};
  RopeDefaults local = global;
  local.theta = local_theta;
  const auto parameters =
      formats::json_value_or<json>(config, "rope_parameters", context, json::object());
  if (parameters.is_object() &&
      (parameters.contains("full_attention") || parameters.contains("sliding_attention"))) {
    const auto of_type = [&](const char* type) {
      return json{{"rope_parameters", parameters.value(type, json())}};
    };
    return {read_rope_settings(of_type("full_attention"), global, context),
            read_rope_settings(of_type("sliding_attention"), local, context)};
  }
  const auto base = formats::json_value_or<double>(config, "rope_local_base_freq", context,
                                                   static_cast<double>(local_theta));
  return {read_rope_settings(config, global, context),
          read_rope_settings(json{{"rope_theta", base}}, local, context)};
}

Architecture read_gemma3_text(const json& config, const std::string& context) {
  Architecture a = read_gemma(config, context);
  a.qk_norm = QkNorm::per_head;
  expect_only(config, "attn_logit_softcapping", nullptr, context);
  a.logit_softcap = read_softcap(config, "final_logit_softcapping", context, std::nullopt);
  const auto pattern =
      formats::json_value_or<int64_t>(config, "sliding_window_pattern", context, 6);
  if (pattern <= 0) {
    fail<FormatError>("{}: \"sliding_window_pattern\": expected a positive number, found {}",
                      context, pattern);
  }
  const auto slides = sliding_layers(config, context, a.layers,
                                     [&](int64_t layer) { return (layer + 1) % pattern != 0; });
  set_window(a, slides, read_window(config, "sliding_window", context).value_or(4096), context);
  a.ropes = read_ropes(config, context, a);
  assign_ropes(a, slides);
  return a;
}

Architecture read_gemma3_text_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_gemma(config, 62);
  a.qk_norm = QkNorm::per_head;
  read_rope(config, a, capture::RopeLayout::half, global_theta);
  const double base = config.number_or("rope.freq_base_swa", static_cast<double>(local_theta));
  a.ropes.push_back(make_rope(json::object(),
                              {.theta = static_cast<float>(base), .rotated = a.heads.head_dim},
                              config.context()));
  const double cap = config.number_or("final_logit_softcapping", 0.0);
  if (cap > 0.0) a.logit_softcap = static_cast<float>(cap);
  const auto slides = sliding_layers(config, a, [](int64_t layer) { return (layer + 1) % 6 != 0; });
  assign_ropes(a, slides);
  read_window(config, a, slides);
  return a;
}

}  // namespace

constinit const Family gemma3_text_family{.model_type = "gemma3_text",
                                          .read = read_gemma3_text,
                                          .names = gemma_names(),
                                          .gguf_architecture = "gemma3",
                                          .read_gguf = read_gemma3_text_gguf,
                                          .gguf_names = gguf_names(),
                                          .multimodal_type = "gemma3",
                                          .text_config_defaults = text_config_defaults};

}  // namespace aqua::model
