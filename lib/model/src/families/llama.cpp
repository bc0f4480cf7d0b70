// Llama 1 to 3 (arXiv 2302.13971, 2307.09288, 2407.21783): pre-norm, RMS norm, rotary embedding,
// grouped-query attention, SiLU-gated feed-forward. Models with fewer query heads than hidden_size
// / head_dim (SQA, arXiv 2510.01817) are the same family.
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"

namespace aqua::model {
namespace {

Architecture read_llama(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context);
  read_attention_bias(config, context, a);
  a.feed_forward.bias = formats::json_value_or<bool>(config, "mlp_bias", context, false);
  read_rope(config, context, a);
  return a;
}

// Mistral and Mixtral have this architecture, too. Its files hold the rows of the query and key
// projections permuted, so that rotary embedding pairs neighbouring dimensions.
Architecture read_llama_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config);
  read_rope(config, a, capture::RopeLayout::interleaved);
  read_window(config, a, std::vector<bool>(a.layer.size(), true));
  read_experts(config, a, true);
  return a;
}

}  // namespace

constinit const Family llama_family{.model_type = "llama",
                                    .read = read_llama,
                                    .names = llama_names(),
                                    .gguf_architecture = "llama",
                                    .read_gguf = read_llama_gguf,
                                    .gguf_names = gguf_names()};

}  // namespace aqua::model
