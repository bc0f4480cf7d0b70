#include "pre_tokenizers/pre_tokenizers.hpp"

namespace aqua::text {

std::unique_ptr<Step> make_pre_tokenizer_sequence(const JsonNode& config) {
  std::vector<std::unique_ptr<Step>> steps;
  for (const JsonNode& step : config.at("pretokenizers").items()) {
    steps.push_back(make_pre_tokenizer(step));
  }
  return std::make_unique<StepSequence>(std::move(steps));
}

}  // namespace aqua::text
