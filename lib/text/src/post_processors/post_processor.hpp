// Post-processors: what puts special tokens around those of a text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "aqua/text/tokenizer.hpp"
#include "json_node.hpp"

namespace aqua::text {

/// Implementations are immutable and safe to use from several threads.
class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  /// Arranges the tokens of a text of `bytes` bytes, with or without special tokens.
  virtual void apply(Encoding& encoding, int64_t bytes, bool add_special_tokens) const = 0;
  /// The largest id that it adds; −1 when none.
  virtual int64_t largest_id() const = 0;
};

/// The post-processor that `config` describes; FormatError when it is malformed or not supported.
std::unique_ptr<PostProcessor> make_post_processor(const JsonNode& config);
/// The types that it knows.
std::vector<std::string> post_processor_types();

std::unique_ptr<PostProcessor> make_byte_level_post_processor(const JsonNode& config);
std::unique_ptr<PostProcessor> make_enclosing(const JsonNode& config);
std::unique_ptr<PostProcessor> make_post_processor_sequence(const JsonNode& config);
std::unique_ptr<PostProcessor> make_template_processing(const JsonNode& config);

}  // namespace aqua::text
