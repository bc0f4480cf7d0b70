#include "pre_tokenizers/pre_tokenizers.hpp"
#include "pre_tokenizers/split_step.hpp"

namespace aqua::text {

std::unique_ptr<Step> make_split(const JsonNode& config) {
  return std::make_unique<SplitStep>(read_pattern(config), read_behavior(config.at("behavior")),
                                     config.at("invert").boolean());
}

}  // namespace aqua::text
