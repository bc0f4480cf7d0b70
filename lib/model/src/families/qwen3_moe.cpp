// Qwen3 with a mixture of experts in all or some layers (arXiv 2505.09388).
#include <algorithm>
#include <vector>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"

namespace aqua::model {
namespace {

using formats::json_value_or;

// "decoder_sparse_step": every n-th layer has experts; "mlp_only_layers": these have none.
void choose_layers(const nlohmann::json& config, const std::string& context, Architecture& a) {
  const auto step = json_value_or<int64_t>(config, "decoder_sparse_step", context, 1);
  if (step <= 0) {
    fail<FormatError>("{}: \"decoder_sparse_step\": expected a positive number, found {}", context,
                      step);
  }
  const auto plain = json_value_or<std::vector<int64_t>>(config, "mlp_only_layers", context, {});
  for (int64_t i = 0; i < a.layers; ++i) {
    const bool sparse = (i + 1) % step == 0 && std::ranges::find(plain, i) == plain.end();
    LayerSettings& layer = a.layer[static_cast<std::size_t>(i)];
    layer.experts = layer.experts && sparse;
  }
}

Architecture read_qwen3_moe(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context);
  read_attention_bias(config, context, a);
  a.qk_norm = QkNorm::per_head;
  read_rope(config, context, a);
  if (json_value_or<bool>(config, "use_sliding_window", context, false)) {
    const auto window = read_window(config, "sliding_window", context);
    set_window(a, std::vector<bool>(a.layer.size(), window.has_value()), window, context);
  }
  read_experts(config, context, a, "moe_intermediate_size",
               json_value_or<bool>(config, "norm_topk_prob", context, false));
  choose_layers(config, context, a);
  return a;
}

Architecture read_qwen3_moe_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config);
  a.qk_norm = QkNorm::per_head;
  read_rope(config, a, capture::RopeLayout::half);
  read_experts(config, a, true);
  return a;
}

}  // namespace

constinit const Family qwen3_moe_family{.model_type = "qwen3_moe",
                                        .read = read_qwen3_moe,
                                        .names = llama_names(),
                                        .gguf_architecture = "qwen3moe",
                                        .read_gguf = read_qwen3_moe_gguf,
                                        .gguf_names = gguf_names()};

}  // namespace aqua::model
