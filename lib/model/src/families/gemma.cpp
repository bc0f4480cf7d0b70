#include "gemma.hpp"

#include <cmath>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "config.hpp"

namespace aqua::model {
namespace {

void compose_gemma(Architecture& a) {
  a.norms = {.before = true, .after = true};
  a.embedding_scale = std::sqrt(static_cast<float>(a.hidden_size));
}

void set_logit_scale(Architecture& a, double scale) {
  for (LayerSettings& layer : a.layer) layer.logits.scale = static_cast<float>(scale);
}

}  // namespace

Architecture read_gemma(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context,
                              {.activation = "hidden_activation",
                               .default_activation = "gelu_pytorch_tanh",
                               .default_head_dim = 256,
                               .default_tied = true});
  read_attention_bias(config, context, a);
  compose_gemma(a);
  a.norm_weight_offset = 1.0F;
  const auto scalar =
      formats::json_value_or<double>(config, "query_pre_attn_scalar", context, 256.0);
  if (!(scalar > 0.0) || !std::isfinite(scalar)) {
    fail<FormatError>("{}: \"query_pre_attn_scalar\": expected a positive number, found {}",
                      context, scalar);
  }
  set_logit_scale(a, 1.0 / std::sqrt(scalar));
  expect_only(config, "use_bidirectional_attention", false, context);
  return a;
}

Architecture read_gemma(const GgufConfig& config, int64_t largest_layers) {
  Architecture a = read_sizes(config);
  compose_gemma(a);
  a.feed_forward.activation = ops::Activation::gelu_tanh;
  const auto width = static_cast<double>(
      a.layers == largest_layers ? a.hidden_size / a.heads.query_heads : a.heads.head_dim);
  set_logit_scale(a, config.number_or("attention.scale", 1.0 / std::sqrt(width)));
  return a;
}

}  // namespace aqua::model
