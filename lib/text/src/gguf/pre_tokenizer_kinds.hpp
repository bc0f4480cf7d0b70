// "tokenizer.ggml.pre": how text is split before byte-level BPE, by the name that GGUF files give
// it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace aqua::text {

/// What a kind stands for in a tokenizer.json.
struct PreTokenizerKind {
  nlohmann::json pre_tokenizer;
  nlohmann::json normalizer;   ///< null: none
  bool ignore_merges = false;  ///< a whole piece that is in the vocabulary is one token
  bool begins = false;         ///< a text begins with a token of its own, unless the file says no
};

/// The names are llama.cpp's. A kind splits as the tokenizer.json of the models that it was made
/// for, of which llama.cpp's own splitting is an approximation. FormatError, starting with
/// `context`, that lists the known kinds when `name` is none of them.
PreTokenizerKind pre_tokenizer_kind(std::string_view name, const std::string& context);

/// The names of all kinds.
std::vector<std::string> pre_tokenizer_kinds();

}  // namespace aqua::text
