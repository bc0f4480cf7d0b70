// The tokenizer that a GGUF file carries, as the tokenizer.json that would do the same.
#pragma once

#include <nlohmann/json.hpp>

#include "aqua/formats/gguf.hpp"

namespace aqua::text {

/// Reads "tokenizer.ggml.…": byte-level BPE ("gpt2") with the pre-tokenisers of
/// pre_tokenizer_kinds. FormatError names the file, the key and the kind when it is another one.
nlohmann::json tokenizer_document(const formats::GgufFile& file);

}  // namespace aqua::text
