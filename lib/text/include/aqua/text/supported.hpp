// What tokenizers can be made of, for tables of supported formats.
#pragma once

#include <string>
#include <vector>

namespace aqua::text {

/// Names as the files have them, each list in the order of its registry.
struct SupportedComponents {
  std::vector<std::string> models;                ///< "type" of "model" in a tokenizer.json
  std::vector<std::string> normalizers;           ///< "type" of "normalizer"
  std::vector<std::string> pre_tokenizers;        ///< "type" of "pre_tokenizer"
  std::vector<std::string> post_processors;       ///< "type" of "post_processor"
  std::vector<std::string> sentencepiece_models;  ///< model types of a tokenizer.model
  std::vector<std::string> gguf_models;           ///< "tokenizer.ggml.model"
  std::vector<std::string> gguf_pre_tokenizers;   ///< "tokenizer.ggml.pre", for the model "gpt2"
};

SupportedComponents supported_components();

}  // namespace aqua::text
