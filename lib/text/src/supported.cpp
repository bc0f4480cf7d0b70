#include "aqua/text/supported.hpp"

#include "gguf/gguf_tokenizer.hpp"
#include "gguf/pre_tokenizer_kinds.hpp"
#include "models/model.hpp"
#include "normalizers/normalizers.hpp"
#include "post_processors/post_processor.hpp"
#include "pre_tokenizers/pre_tokenizers.hpp"
#include "sentencepiece/sentencepiece_tokenizer.hpp"

namespace aqua::text {

SupportedComponents supported_components() {
  return {
      .models = model_types(),
      .normalizers = normalizer_types(),
      .pre_tokenizers = pre_tokenizer_types(),
      .post_processors = post_processor_types(),
      .sentencepiece_models = sentencepiece_models(),
      .gguf_models = gguf_tokenizer_models(),
      .gguf_pre_tokenizers = pre_tokenizer_kinds(),
  };
}

}  // namespace aqua::text
