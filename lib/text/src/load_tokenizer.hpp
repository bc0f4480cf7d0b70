// A tokenizer.json that is in memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aqua/text/tokenizer.hpp"

namespace aqua::text {

/// load_tokenizer for the text of a file, which messages call `file`.
std::unique_ptr<Tokenizer> parse_tokenizer(std::string_view json, const std::string& file);

}  // namespace aqua::text
