// The tokens of a GGUF file, and what both kinds of tokenizers in it have in common.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aqua/formats/gguf.hpp"

namespace aqua::text {

/// "tokenizer.ggml.token_type".
enum class TokenType : int64_t {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6,
};

/// Views into the file, which must outlive it.
struct GgufVocabulary {
  const formats::GgufFile& file;
  std::string name;                 ///< of the file, for messages
  std::vector<std::string> tokens;  ///< [n] by id, none empty, each once
  std::vector<TokenType> types;     ///< [n]; all normal when the file does not say
};

/// FormatError when the lists do not fit together, or a token is there twice.
GgufVocabulary read_gguf_vocabulary(const formats::GgufFile& file);

/// The id under `key`; when the key is missing, `fallback` if that is the id of a token, otherwise
/// −1. FormatError when the key's is not the id of a token.
int64_t gguf_token_id(const GgufVocabulary& vocabulary, std::string_view key, int64_t fallback);

/// Tokens that are looked for in the text: user-defined ones, and as in the `tokenizers` package
/// control tokens and the unknown token, too. An "added_tokens" list.
nlohmann::json gguf_added_tokens(const GgufVocabulary& vocabulary);

/// What goes before and behind a text when the file does not say.
struct GgufEnds {
  bool begins = false;
  bool ends = false;
  int64_t begin_id = -1;
  int64_t end_id = -1;
};

/// A "post_processor", or null, from "tokenizer.ggml.add_bos_token" and "…add_eos_token".
nlohmann::json gguf_post_processor(const GgufVocabulary& vocabulary, const GgufEnds& unstated);

}  // namespace aqua::text
