// Qwen3 (arXiv 2505.09388): Qwen2 with an RMS norm on each query and key head and a head dimension
// of its own.
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"
#include "qwen.hpp"

namespace aqua::model {
namespace {

Architecture read_qwen3(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context, {.default_head_dim = 128});
  read_attention_bias(config, context, a);
  a.qk_norm = QkNorm::per_head;
  read_rope(config, context, a);
  read_qwen_windows(config, context, a);
  return a;
}

Architecture read_qwen3_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config);
  a.qk_norm = QkNorm::per_head;
  read_rope(config, a, capture::RopeLayout::half);
  return a;
}

}  // namespace

constinit const Family qwen3_family{.model_type = "qwen3",
                                    .read = read_qwen3,
                                    .names = llama_names(),
                                    .gguf_architecture = "qwen3",
                                    .read_gguf = read_qwen3_gguf,
                                    .gguf_names = gguf_names()};

}  // namespace aqua::model
