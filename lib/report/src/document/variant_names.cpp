#include "variant_names.hpp"

#include <charconv>
#include <cmath>

namespace aqua::report::document {

std::optional<VariantAtRatio> split_ratio(std::string_view spec) {
  const std::size_t colon = spec.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::size_t layers = std::min(spec.find('@', colon), spec.size());
  std::string_view parameters = spec.substr(colon + 1, layers - colon - 1);
  std::string others;
  std::optional<double> ratio;
  while (!parameters.empty()) {
    const std::size_t comma = std::min(parameters.find(','), parameters.size());
    const std::string_view parameter = parameters.substr(0, comma);
    parameters.remove_prefix(std::min(comma + 1, parameters.size()));
    double value = 0.0;
    const std::string_view number = parameter.starts_with("k=") ? parameter.substr(2) : "";
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (!number.empty() && error == std::errc() && end == number.data() + number.size() &&
        std::isfinite(value)) {
      ratio = value;
    } else {
      others += others.empty() ? ':' : ',';
      others += parameter;
    }
  }
  if (!ratio) return std::nullopt;
  return VariantAtRatio{
      .family = std::string(spec.substr(0, colon)) + others + std::string(spec.substr(layers)),
      .k_ratio = *ratio};
}

}  // namespace aqua::report::document
