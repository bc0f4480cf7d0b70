// A tokenizer made of the components of a tokenizer.json.
#pragma once

#include <memory>

#include "added_tokens.hpp"
#include "aqua/text/tokenizer.hpp"
#include "models/model.hpp"
#include "post_processors/post_processor.hpp"
#include "step.hpp"

namespace aqua::text {

/// Text passes from top to bottom; absent steps are null.
struct PipelineParts {
  AddedTokenSplitter raw_tokens;  ///< added tokens looked for in the text as it is
  std::unique_ptr<Step> normalizer;
  AddedTokenSplitter normalized_tokens;  ///< added tokens looked for in normalized text
  std::unique_ptr<Step> pre_tokenizer;
  std::unique_ptr<Model> model;
  std::unique_ptr<PostProcessor> post_processor;
  int64_t vocabulary_size = 0;
};

class Pipeline final : public Tokenizer {
 public:
  explicit Pipeline(PipelineParts parts) : parts_(std::move(parts)) {}
  Encoding encode_with_starts(std::string_view utf8, bool add_special_tokens) const override;
  int64_t vocabulary_size() const override { return parts_.vocabulary_size; }

 private:
  PipelineParts parts_;
};

}  // namespace aqua::text
