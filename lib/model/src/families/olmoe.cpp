// OLMoE (arXiv 2409.02060): a mixture of experts in every layer, an RMS norm over all query heads
// and all key heads of a token, optionally clipped q, k and v.
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"

namespace aqua::model {
namespace {

Architecture read_olmoe(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context, {.default_epsilon = 1e-5F});
  read_attention_bias(config, context, a);
  a.qk_norm = QkNorm::whole;
  a.qkv_limit = read_softcap(config, "clip_qkv", context, std::nullopt);
  expect_only(config, "sliding_window", nullptr, context);
  read_rope(config, context, a);
  read_experts(config, context, a, "intermediate_size",
               formats::json_value_or<bool>(config, "norm_topk_prob", context, false));
  return a;
}

Architecture read_olmoe_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config);
  a.qk_norm = QkNorm::whole;
  const double limit = config.number_or("attention.clamp_kqv", 0.0);
  if (limit > 0.0) a.qkv_limit = static_cast<float>(limit);
  read_rope(config, a, capture::RopeLayout::half);
  read_experts(config, a, false);
  return a;
}

}  // namespace

constinit const Family olmoe_family{.model_type = "olmoe",
                                    .read = read_olmoe,
                                    .names = llama_names(),
                                    .gguf_architecture = "olmoe",
                                    .read_gguf = read_olmoe_gguf,
                                    .gguf_names = gguf_names()};

}  // namespace aqua::model
