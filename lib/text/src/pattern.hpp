// The "pattern" of a Split or Replace, and cutting text along its matches.
#pragma once

#include <string_view>
#include <vector>

#include "json_node.hpp"
#include "pieces.hpp"
#include "regex/regex.hpp"

namespace aqua::text {

/// {"String": "…"} or {"Regex": "…"}.
Regex read_pattern(const JsonNode& config);

/// What becomes of the matches when text is cut along them; for "-" in "a--b":
enum class SplitBehavior {
  removed,               ///< a, b
  isolated,              ///< a, -, -, b
  contiguous,            ///< a, --, b
  merged_with_previous,  ///< a-, -, b
  merged_with_next,      ///< a, -, -b
};
/// "Removed", "Isolated", …
SplitBehavior read_behavior(const JsonNode& config);

/// Cuts every text piece along the matches, or, with `invert`, along what lies between them.
void split_along(const Regex& regex, SplitBehavior behavior, bool invert, Pieces& pieces);

}  // namespace aqua::text
