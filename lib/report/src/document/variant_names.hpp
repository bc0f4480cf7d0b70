// Specs of attention variants, "aqua:k=0.5,recent=16@0-3", as names on charts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aqua::report::document {

struct VariantAtRatio {
  std::string family;  ///< the spec without its k: "aqua:recent=16@0-3"
  double k_ratio = 0.0;
};

/// Nothing when the spec has no parameter k that is a number.
std::optional<VariantAtRatio> split_ratio(std::string_view spec);

}  // namespace aqua::report::document
