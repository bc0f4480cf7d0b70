// OLMo 2 (arXiv 2501.00656): norms after attention and feed-forward instead of before them, and an
// RMS norm over all query heads and all key heads of a token.
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"

namespace aqua::model {
namespace {

void compose_olmo2(Architecture& a) {
  a.norms = {.before = false, .after = true};
  a.qk_norm = QkNorm::whole;
}

Architecture read_olmo2(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context, {.default_epsilon = 1e-5F});
  read_attention_bias(config, context, a);
  read_rope(config, context, a);
  compose_olmo2(a);
  return a;
}

Architecture read_olmo2_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config);
  read_rope(config, a, capture::RopeLayout::half);
  compose_olmo2(a);
  return a;
}

constexpr TensorNames olmo2_names() {
  TensorNames names = llama_names();
  names.attention_post_norm = "post_attention_layernorm";
  names.feed_forward_post_norm = "post_feedforward_layernorm";
  return names;
}

}  // namespace

constinit const Family olmo2_family{.model_type = "olmo2",
                                    .read = read_olmo2,
                                    .names = olmo2_names(),
                                    .gguf_architecture = "olmo2",
                                    .read_gguf = read_olmo2_gguf,
                                    .gguf_names = gguf_names()};

}  // namespace aqua::model
