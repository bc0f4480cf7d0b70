// A tokenizer from the tokenizer.model of a model folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer_parts.hpp"

namespace aqua::text {

/// With the conventions of the LlamaTokenizer and GemmaTokenizer classes of transformers 4, as far
/// as tokenizer_config.json beside the file does not say otherwise:
/// - "add_bos_token" (true), "add_eos_token" (false): the model's begin and end pieces around
/// texts;
/// - control pieces and the unknown piece are found where their text stands, as are the tokens of
///   "added_tokens_decoder" and of added_tokens.json;
/// - "legacy" (true): the model's prefix space, if it has one, goes before every stretch of text
///   between such tokens; otherwise only before one that starts the text.
TokenizerParts read_sentencepiece_tokenizer(const std::filesystem::path& path);

/// The same for files in memory; `config` and `added` are the contents of the other two files.
TokenizerParts parse_sentencepiece_tokenizer(std::string_view model, const std::string& file,
                                             const nlohmann::json& config,
                                             const nlohmann::json& added);

/// The model types that it knows.
std::vector<std::string> sentencepiece_models();

}  // namespace aqua::text
