// Tokenizers from what is in memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aqua/text/tokenizer.hpp"
#include "tokenizer_parts.hpp"

namespace aqua::text {

/// load_tokenizer for the text of a tokenizer.json, which messages call `file`.
std::unique_ptr<Tokenizer> parse_tokenizer(std::string_view json, const std::string& file);

/// load_tokenizer for what the reader of another format gives.
std::unique_ptr<Tokenizer> build_tokenizer(TokenizerParts parts, const std::string& file);

}  // namespace aqua::text
