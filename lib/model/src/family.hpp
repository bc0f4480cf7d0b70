// Model families: how a checkpoint's description is read and what its tensors are called, in
// Hugging Face folders and in GGUF files.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "aqua/formats/gguf.hpp"
#include "aqua/formats/tensors.hpp"
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

  /// "model_type" of folders that read images beside text, whose language model, described by their
  /// "text_config", is of this family; empty when there are none.
  std::string_view multimodal_type = {};
  /// What such a "text_config" may leave out: a JSON object.
  std::string_view text_config_defaults = "{}";
};

std::span<const Family* const> families();
/// The family for config["model_type"]; FormatError that names it and lists the supported ones.
const Family& family_of(const nlohmann::json& config, const std::string& context);
/// The language model that a config.json describes: all of it, or the "text_config" of a multimodal
/// one.
struct LanguageModel {
  const Family& family;
  nlohmann::json config;
  std::string context;  ///< of messages about config
  bool multimodal = false;
};
/// FormatError as of family_of, also when "text_config" is of another family.
LanguageModel language_model_of(nlohmann::json config, const std::string& context);
/// The family's names, below the prefix that multimodal folders have if it is one.
TensorNames names_in(const LanguageModel& language, const formats::TensorFile& file);
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
