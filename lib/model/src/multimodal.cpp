// Folders of models that read images beside text. Given text alone, their language model computes
// what it computes by itself, so that is what is run; the rest of the file is never read.
#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/tensors.hpp"
#include "family.hpp"

namespace aqua::model {

using nlohmann::json;

LanguageModel language_model_of(json config, const std::string& context) {
  const auto type = formats::json_value<std::string>(config, "model_type", context);
  for (const Family* family : families()) {
    if (family->multimodal_type.empty() || family->multimodal_type != type) continue;
    const std::string text_context = fmt::format("{}: \"text_config\"", context);
    const auto stated = formats::json_value<json>(config, "text_config", context);
    const auto text_type = formats::json_value_or<std::string>(stated, "model_type", text_context,
                                                               std::string(family->model_type));
    if (text_type != family->model_type) {
      fail<FormatError>("{}: \"model_type\": expected \"{}\" in a model of type {}, found \"{}\"",
                        text_context, family->model_type, type, text_type);
    }
    auto text = json::parse(family->text_config_defaults);
    text.update(stated);
    return {*family, std::move(text), text_context, true};
  }
  const Family& family = family_of(config, context);
  return {family, std::move(config), context};
}

TensorNames names_in(const LanguageModel& language, const formats::TensorFile& file) {
  TensorNames names = language.family.names;
  if (!language.multimodal) return names;
  // Published checkpoints have the first; the second, with the output head outside, is what
  // transformers calls them in memory.
  const bool inside =
      file.find(fmt::format("language_model.model.{}.weight", names.embedding)) != nullptr;
  names.base_prefix = inside ? "language_model.model." : "model.language_model.";
  if (inside) names.output_head = "language_model.lm_head";
  return names;
}

}  // namespace aqua::model
