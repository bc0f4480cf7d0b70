#include "gguf/gguf_tokenizer.hpp"
#include "gguf/pre_tokenizer_kinds.hpp"

namespace aqua::text {

using formats::gguf_value;
using formats::gguf_value_or;
using nlohmann::json;

TokenizerParts read_gguf_byte_level_bpe(const GgufVocabulary& vocabulary) {
  const formats::GgufFile& file = vocabulary.file;
  const PreTokenizerKind kind =
      pre_tokenizer_kind(gguf_value_or<std::string>(file, "tokenizer.ggml.pre", "default"),
                         vocabulary.name + ": \"tokenizer.ggml.pre\"");
  json ids = json::object();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) ids[vocabulary.tokens[id]] = id;
  json document;
  document["added_tokens"] = gguf_added_tokens(vocabulary);
  document["normalizer"] = kind.normalizer;
  document["pre_tokenizer"] = kind.pre_tokenizer;
  document["model"] = {
      {"type", "BPE"},
      {"vocab", std::move(ids)},
      {"merges", gguf_value<std::vector<std::string>>(file, "tokenizer.ggml.merges")},
      {"ignore_merges", kind.ignore_merges}};
  document["post_processor"] = gguf_post_processor(
      vocabulary, {.begins = kind.begins, .ends = false, .begin_id = -1, .end_id = -1});
  return {.document = std::move(document), .model = nullptr};
}

}  // namespace aqua::text
