#include "normalizers/normalizers.hpp"

namespace aqua::text {

std::unique_ptr<Step> make_normalizer_sequence(const JsonNode& config) {
  std::vector<std::unique_ptr<Step>> steps;
  for (const JsonNode& step : config.at("normalizers").items()) {
    steps.push_back(make_normalizer(step));
  }
  return std::make_unique<StepSequence>(std::move(steps));
}

}  // namespace aqua::text
