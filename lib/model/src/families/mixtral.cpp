// Mixtral (arXiv 2401.04088): Mistral with a mixture of experts in every layer; the probabilities
// of the chosen experts are renormalised. In GGUF files it is architecture llama.
#include "config.hpp"
#include "family.hpp"

namespace aqua::model {
namespace {

Architecture read_mixtral(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context, {.default_epsilon = 1e-5F});
  read_rope(config, context, a, 1e6F);
  const auto window = read_window(config, "sliding_window", context);
  set_window(a, std::vector<bool>(a.layer.size(), window.has_value()), window, context);
  read_experts(config, context, a, "intermediate_size", true);
  return a;
}

constexpr TensorNames mixtral_names() {
  TensorNames names = llama_names();
  names.router = "block_sparse_moe.gate";
  names.expert_gate = "block_sparse_moe.experts.{}.w1";
  names.expert_up = "block_sparse_moe.experts.{}.w3";
  names.expert_down = "block_sparse_moe.experts.{}.w2";
  return names;
}

}  // namespace

constinit const Family mixtral_family{.model_type = "mixtral",
                                      .read = read_mixtral,
                                      .names = mixtral_names(),
                                      .gguf_architecture = "llama"};

}  // namespace aqua::model
