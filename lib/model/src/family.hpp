// Model families: how a checkpoint's description is read and what its tensors are called, in
// Hugging Face folders and in GGUF files. A new family is a file in families/ and a line in
// family.cpp.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "aqua/formats/gguf.hpp"
#include "architecture.hpp"

namespace aqua::model {

/// Names of a family's tensors. `layer` names are prefixed with layer_prefix(i).
struct TensorNames {
  std::string_view embedding, final_norm, output_head;
  std::string_view attention_norm, query, key, value, attention_output;
  std::string_view feed_forward_norm, gate, up, down;
  std::string_view layer_prefix;  ///< with one {} for the layer's number
};

struct Family {
  std::string_view model_type;  ///< as in config.json
  Architecture (*read)(const nlohmann::json& config, const std::string& context) = nullptr;
  TensorNames names;

  std::string_view gguf_architecture;  ///< "general.architecture"; empty when there is no such file
  Architecture (*read_gguf)(const formats::GgufFile& file) = nullptr;
  TensorNames gguf_names;
};

std::span<const Family> families();
/// The family for config["model_type"]; FormatError that names it and lists the supported ones.
const Family& family_of(const nlohmann::json& config, const std::string& context);
/// The family for a GGUF file's "general.architecture"; FormatError likewise.
const Family& family_of(const formats::GgufFile& file);

extern const Family llama_family;

}  // namespace aqua::model
