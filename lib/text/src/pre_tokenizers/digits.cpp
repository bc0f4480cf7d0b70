#include <fmt/format.h>

#include "pre_tokenizers/pre_tokenizers.hpp"
#include "pre_tokenizers/split_step.hpp"
#include "regex/oniguruma.hpp"

namespace aqua::text {

// Rust's char::is_numeric: the category N, in Unicode 17, which has two ranges more than 16.
std::unique_ptr<Step> make_digits(const JsonNode& config) {
  const std::string numeric =
      fmt::format(R"([{}\x{{11DE0}}-\x{{11DE9}}\x{{16FF4}}-\x{{16FF6}}])", category_members("N"));
  return std::make_unique<SplitStep>(Regex(numeric, config.where()),
                                     config.at("individual_digits").boolean()
                                         ? SplitBehavior::isolated
                                         : SplitBehavior::contiguous,
                                     false);
}

}  // namespace aqua::text
