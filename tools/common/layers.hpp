// Layer lists as users write them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "aqua/core/heads.hpp"

namespace aqua::tools {

/// "0,2,5-8" → {0, 2, 5, 6, 7, 8}, sorted and without repeats; empty text gives an empty list.
/// UsageError that names the part that is no layer, or a layer that a model of `count` has not.
std::vector<LayerIndex> parse_layers(std::string_view text, int64_t count);

}  // namespace aqua::tools
