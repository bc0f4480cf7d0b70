// Model families: how a checkpoint's description is read and what its tensors are called, in
// Hugging Face folders and in GGUF files.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "aqua/formats/gguf.hpp"
#include "architecture.hpp"
#include "tensor_names.hpp"

namespace aqua::model {

struct Family {
  std::string_view model_type;  ///< as in config.json
  Architecture (*read)(const nlohmann::json& config, const std::string& context) = nullptr;
  TensorNames names;

  /// "general.architecture" of its GGUF files; empty when there are none. Of several families that
  /// share an architecture one has read_gguf.
  std::string_view gguf_architecture = {};
  Architecture (*read_gguf)(const formats::GgufFile& file) = nullptr;
  TensorNames gguf_names = {};
};

std::span<const Family* const> families();
/// The family for config["model_type"]; FormatError that names it and lists the supported ones.
const Family& family_of(const nlohmann::json& config, const std::string& context);
/// The family for a GGUF file's "general.architecture"; FormatError likewise.
const Family& family_of(const formats::GgufFile& file);

/// The list: a new family is a file families/NAME.cpp that defines NAME_family, and its name here.
// clang-format off
#define AQUA_MODEL_FAMILIES(FAMILY) \
  FAMILY(llama) \
  FAMILY(mistral) \
  FAMILY(mixtral) \
  FAMILY(qwen2) \
  FAMILY(qwen3) \
  FAMILY(qwen3_moe) \
  FAMILY(olmo2) \
  FAMILY(olmoe) \
  FAMILY(gemma2) \
  FAMILY(gemma3_text) \
  FAMILY(phi3) \
  FAMILY(gpt_neox) \
  FAMILY(gpt2) \
  FAMILY(opt)
// clang-format on

#define AQUA_DECLARE_FAMILY(name) extern const Family name##_family;
AQUA_MODEL_FAMILIES(AQUA_DECLARE_FAMILY)
#undef AQUA_DECLARE_FAMILY

}  // namespace aqua::model
