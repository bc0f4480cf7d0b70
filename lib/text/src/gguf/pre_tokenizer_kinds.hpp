// "tokenizer.ggml.pre": how text is split before BPE, by the name that GGUF files give it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace aqua::text {

/// What a kind stands for in a tokenizer.json.
struct PreTokenizerKind {
  nlohmann::json pre_tokenizer;
  nlohmann::json normalizer;   ///< null: none
  bool ignore_merges = false;  ///< a whole piece that is in the vocabulary is one token
};

/// FormatError, starting with `context`, that lists the known kinds when `name` is none of them.
PreTokenizerKind pre_tokenizer_kind(std::string_view name, const std::string& context);

}  // namespace aqua::text
