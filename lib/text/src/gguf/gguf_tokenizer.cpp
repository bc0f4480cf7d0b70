#include "gguf/gguf_tokenizer.hpp"

#include <fmt/ranges.h>

#include "aqua/core/error.hpp"

namespace aqua::text {
namespace {

struct ModelKind {
  std::string_view model;
  TokenizerParts (*read)(const GgufVocabulary& vocabulary);
};

constexpr ModelKind model_kinds[] = {
    {"gpt2", read_gguf_byte_level_bpe},
    {"llama", read_gguf_sentencepiece_bpe},
};

}  // namespace

TokenizerParts read_gguf_tokenizer(const formats::GgufFile& file) {
  constexpr std::string_view key = "tokenizer.ggml.model";
  const auto& model = formats::gguf_value<std::string>(file, key);
  for (const ModelKind& kind : model_kinds) {
    if (kind.model == model) return kind.read(read_gguf_vocabulary(file));
  }
  fail<FormatError>("{}: \"{}\": expected one of {}, found \"{}\"", file.files().front().string(),
                    key, fmt::join(gguf_tokenizer_models(), ", "), model);
}

std::vector<std::string> gguf_tokenizer_models() {
  std::vector<std::string> models;
  for (const ModelKind& kind : model_kinds) models.emplace_back(kind.model);
  return models;
}

}  // namespace aqua::text
