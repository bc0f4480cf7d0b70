#include "pre_tokenizers/pre_tokenizers.hpp"
#include "pre_tokenizers/split_step.hpp"
#include "utf8.hpp"

namespace aqua::text {

std::unique_ptr<Step> make_char_delimiter_split(const JsonNode& config) {
  const JsonNode delimiter = config.at("delimiter");
  const std::string text = delimiter.string();
  if (text.empty() || sequence_length(text[0]) != text.size()) {
    delimiter.fail_expected("one character");
  }
  return std::make_unique<SplitStep>(Regex(escape_literal(text), delimiter.where()),
                                     SplitBehavior::removed, false);
}

}  // namespace aqua::text
