// Pre-tokenizers: steps that cut text into words, the stretches that a model tokenises by
// themselves.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "json_node.hpp"
#include "step.hpp"

namespace aqua::text {

/// The pre-tokenizer that `config` describes; FormatError when it is malformed or not supported.
std::unique_ptr<Step> make_pre_tokenizer(const JsonNode& config);
/// The types that it knows.
std::vector<std::string> pre_tokenizer_types();

std::unique_ptr<Step> make_byte_level_pre_tokenizer(const JsonNode& config);
std::unique_ptr<Step> make_char_delimiter_split(const JsonNode& config);
std::unique_ptr<Step> make_digits(const JsonNode& config);
std::unique_ptr<Step> make_metaspace(const JsonNode& config);
std::unique_ptr<Step> make_punctuation(const JsonNode& config);
std::unique_ptr<Step> make_pre_tokenizer_sequence(const JsonNode& config);
std::unique_ptr<Step> make_split(const JsonNode& config);
std::unique_ptr<Step> make_whitespace(const JsonNode& config);
std::unique_ptr<Step> make_whitespace_split(const JsonNode& config);

}  // namespace aqua::text
