// The tokenizer that a GGUF file carries.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gguf/gguf_vocabulary.hpp"
#include "tokenizer_parts.hpp"

namespace aqua::text {

/// Reads "tokenizer.ggml.…". FormatError names the file, the key and the kind when it is not
/// supported.
TokenizerParts read_gguf_tokenizer(const formats::GgufFile& file);

/// The values of "tokenizer.ggml.model" that it knows.
std::vector<std::string> gguf_tokenizer_models();

/// "gpt2": byte-level BPE with the pre-tokenizers of pre_tokenizer_kinds.
TokenizerParts read_gguf_byte_level_bpe(const GgufVocabulary& vocabulary);
/// "llama": SentencePiece's BPE, which merges by the scores of tokens.
TokenizerParts read_gguf_sentencepiece_bpe(const GgufVocabulary& vocabulary);

}  // namespace aqua::text
