// What the Qwen families share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "architecture.hpp"

namespace aqua::model {

/// "use_sliding_window": layers from "max_window_layers" on slide, or those in "layer_types".
void read_qwen_windows(const nlohmann::json& config, const std::string& context, Architecture& a);

}  // namespace aqua::model
