// Qwen2 and Qwen2.5 (arXiv 2407.10671): Llama with biases on q, k and v, and optionally a sliding
// window in the upper layers.
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"
#include "qwen.hpp"

namespace aqua::model {
namespace {

Architecture read_qwen2(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context);
  a.query_key_value_bias = true;
  read_rope(config, context, a);
  read_qwen_windows(config, context, a);
  return a;
}

Architecture read_qwen2_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config);
  read_rope(config, a, capture::RopeLayout::half);
  return a;
}

}  // namespace

constinit const Family qwen2_family{.model_type = "qwen2",
                                    .read = read_qwen2,
                                    .names = llama_names(),
                                    .gguf_architecture = "qwen2",
                                    .read_gguf = read_qwen2_gguf,
                                    .gguf_names = gguf_names()};

}  // namespace aqua::model
