#include "gguf/gguf_tokenizer.hpp"

#include <fmt/ranges.h>

#include "aqua/core/error.hpp"

namespace aqua::text {
namespace {

struct Kind {
  std::string_view model;
  TokenizerParts (*read)(const GgufVocabulary& vocabulary);
};

constexpr Kind kinds[] = {
    {"gpt2", read_gguf_byte_level_bpe},
    {"llama", read_gguf_sentencepiece_bpe},
};

}  // namespace

TokenizerParts read_gguf_tokenizer(const formats::GgufFile& file) {
  constexpr std::string_view key = "tokenizer.ggml.model";
  const auto& model = formats::gguf_value<std::string>(file, key);
  for (const Kind& kind : kinds) {
    if (kind.model == model) return kind.read(read_gguf_vocabulary(file));
  }
  fail<FormatError>("{}: \"{}\": expected one of {}, found \"{}\"", file.files().front().string(),
                    key, fmt::join(gguf_tokenizer_models(), ", "), model);
}

std::vector<std::string> gguf_tokenizer_models() {
  std::vector<std::string> models;
  for (const Kind& kind : kinds) models.emplace_back(kind.model);
  return models;
}

}  // namespace aqua::text
