// Gemma 2 (arXiv 2408.00118): soft-capped logits; every other layer, from the first, slides.
#include "config.hpp"
#include "family.hpp"
#include "gemma.hpp"

namespace aqua::model {
namespace {

bool gemma2_slides(int64_t layer) { return layer % 2 == 0; }

Architecture read_gemma2(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_gemma(config, context);
  read_rope(config, context, a);
  const auto cap = read_softcap(config, "attn_logit_softcapping", context, 50.0F);
  for (LayerSettings& layer : a.layer) layer.logits.softcap = cap;
  a.logit_softcap = read_softcap(config, "final_logit_softcapping", context, 30.0F);
  set_window(a, sliding_layers(config, context, a.layers, gemma2_slides),
             read_window(config, "sliding_window", context).value_or(4096), context);
  return a;
}

Architecture read_gemma2_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_gemma(config, 46);
  read_rope(config, a, capture::RopeLayout::half);
  const auto cap = static_cast<float>(config.number_or("attn_logit_softcapping", 50.0));
  for (LayerSettings& layer : a.layer) layer.logits.softcap = cap;
  a.logit_softcap = static_cast<float>(config.number_or("final_logit_softcapping", 30.0));
  read_window(config, a, sliding_layers(config, a, gemma2_slides));
  return a;
}

}  // namespace

constinit const Family gemma2_family{.model_type = "gemma2",
                                     .read = read_gemma2,
                                     .names = gemma_names(),
                                     .gguf_architecture = "gemma2",
                                     .read_gguf = read_gemma2_gguf,
                                     .gguf_names = gguf_names()};

}  // namespace aqua::model
