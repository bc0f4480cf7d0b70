#include "aqua/formats/dtype.hpp"
#include "aqua/model/supported.hpp"
#include "aqua/report/describe.hpp"
#include "aqua/text/supported.hpp"

namespace aqua::report {
namespace {

Section family_section() {
  Section section{.key = "families",
                  .title = "Model families",
                  .columns = {{"model_type", "model_type", Align::left},
                              {"gguf_architecture", "GGUF architecture", Align::left},
                              {"multimodal_type", "in multimodal", Align::left}}};
  const auto if_any = [](const std::string& name) { return name.empty() ? Value() : Value(name); };
  for (const model::SupportedFamily& family : model::supported_model_families()) {
    section.rows.push_back(
        {family.model_type, if_any(family.gguf_architecture), if_any(family.multimodal_type)});
  }
  section.notes = {
      "model_type: of a Hugging Face folder with safetensors. GGUF architecture: of a GGUF file, "
      "whole or split, version 2 or 3. In multimodal: model_type of folders that read images, too, "
      "and have this family as their language model, which is what is run."};
  return section;
}

Section tensor_section() {
  Section section{.key = "tensor_types",
                  .title = "Types of weights",
                  .columns = {{"name", "type", Align::left},
                              {"block_elements", "elements of a block"},
                              {"bits_per_weight", "bits per weight"},
                              {"found_in", "found in", Align::left}}};
  for (const formats::DType type : formats::all_dtypes()) {
    if (!formats::is_floating(type)) continue;
    const int64_t elements = formats::elements_per_block(type);
    const double bits =
        8.0 * static_cast<double>(formats::size_of(type)) / static_cast<double>(elements);
    section.rows.push_back({std::string(formats::name(type)), elements, bits,
                            std::string(elements == 1 ? "safetensors, GGUF" : "GGUF")});
  }
  return section;
}

}  // namespace

Summary describe_supported() {
  const text::SupportedComponents text = text::supported_components();
  Section rope{.key = "rope_types",
               .title = "Rotary embedding",
               .facts = {{"rope_types", "rope_type", model::supported_rope_types()}}};
  Section tokenizers{
      .key = "tokenizers",
      .title = "Tokenizers",
      .facts = {{"models", "models", text.models},
                {"normalizers", "normalizers", text.normalizers},
                {"pre_tokenizers", "pre-tokenizers", text.pre_tokenizers},
                {"post_processors", "post-processors", text.post_processors},
                {"sentencepiece_models", "tokenizer.model", text.sentencepiece_models},
                {"gguf_models", "GGUF model", text.gguf_models},
                {"gguf_pre_tokenizers", "GGUF pre", text.gguf_pre_tokenizers}}};
  return {.schema = "aqua-inspect-supported",
          .title = "What aqua reads",
          .sections = {family_section(), std::move(rope), tensor_section(), std::move(tokenizers)}};
}

}  // namespace aqua::report
