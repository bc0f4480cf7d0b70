#include <fmt/format.h>

#include "pre_tokenizers/pre_tokenizers.hpp"
#include "pre_tokenizers/split_step.hpp"
#include "regex/oniguruma.hpp"

namespace aqua::text {

// Keeps what matches \w+|[^\w\s]+.
std::unique_ptr<Step> make_whitespace(const JsonNode& config) {
  const std::string word = rust_word_members();
  return std::make_unique<SplitStep>(
      Regex(fmt::format(R"([{0}]+|[^{0}\p{{White_Space}}]+)", word), config.where()),
      SplitBehavior::removed, true);
}

std::unique_ptr<Step> make_whitespace_split(const JsonNode& config) {
  return std::make_unique<SplitStep>(Regex(R"(\p{White_Space})", config.where()),
                                     SplitBehavior::removed, false);
}

}  // namespace aqua::text
