// Phi-3 to Phi-4 mini (arXiv 2404.14219): Llama with query, key and value in one matrix, gate and
// up in another, partial rotary embedding, longrope.
#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "config.hpp"
#include "family.hpp"
#include "gguf.hpp"

namespace aqua::model {
namespace {

using nlohmann::json;

// The first releases called longrope "su", some "yarn".
void rename_yarn(json& settings, const std::string& key) {
  const auto it = settings.find(key);
  if (it != settings.end() && *it == json("yarn")) *it = json("longrope");
}

json with_longrope_named(json config) {
  for (const std::string key : {"rope_scaling", "rope_parameters"}) {
    const auto it = config.find(key);
    if (it == config.end() || !it->is_object()) continue;
    rename_yarn(*it, "type");
    rename_yarn(*it, "rope_type");
  }
  if (!config.contains("original_max_position_embeddings")) {
    config.emplace("original_max_position_embeddings", 4096);
  }
  return config;
}

Architecture read_phi3(const json& config, const std::string& context) {
  Architecture a = read_sizes(config, context, {.default_epsilon = 1e-5F});
  read_rope(with_longrope_named(config), context, a);
  const auto window = read_window(config, "sliding_window", context);
  set_window(a, std::vector<bool>(a.layer.size(), window.has_value()), window, context);
  return a;
}

Architecture read_phi3_gguf(const formats::GgufFile& file) {
  const GgufConfig config(file);
  Architecture a = read_sizes(config);
  read_rope(config, a, capture::RopeLayout::half);
  read_window(config, a, std::vector<bool>(a.layer.size(), true));
  return a;
}

constexpr TensorNames phi3_names() {
  TensorNames names = llama_names();
  names.qkv_storage = QkvStorage::stacked;
  names.query_key_value = "self_attn.qkv_proj";
  names.gate_up = "mlp.gate_up_proj";
  return names;
}

constexpr TensorNames phi3_gguf_names() {
  TensorNames names = stacked_gguf_names();
  names.gate_up = "ffn_up";
  return names;
}

}  // namespace

constinit const Family phi3_family{.model_type = "phi3",
                                   .read = read_phi3,
                                   .names = phi3_names(),
                                   .gguf_architecture = "phi3",
                                   .read_gguf = read_phi3_gguf,
                                   .gguf_names = phi3_gguf_names()};

}  // namespace aqua::model
