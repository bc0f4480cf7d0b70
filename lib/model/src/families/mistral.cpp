// Mistral (arXiv 2310.06825): Llama with a sliding window. In GGUF files it is architecture llama.
#include "config.hpp"
#include "family.hpp"

namespace aqua::model {
namespace {

Architecture read_mistral(const nlohmann::json& config, const std::string& context) {
  Architecture a = read_sizes(config, context);
  read_rope(config, context, a);
  const auto window = read_window(config, "sliding_window", context);
  set_window(a,
             sliding_layers(config, context, a.layers, [&](int64_t) { return window.has_value(); }),
             window, context);
  return a;
}

}  // namespace

constinit const Family mistral_family{.model_type = "mistral",
                                      .read = read_mistral,
                                      .names = llama_names(),
                                      .gguf_architecture = "llama",
                                      .multimodal_type = "mistral3"};

}  // namespace aqua::model
