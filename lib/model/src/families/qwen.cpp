#include "qwen.hpp"

#include "aqua/formats/json_file.hpp"
#include "config.hpp"

namespace aqua::model {

using formats::json_value_or;

void read_qwen_windows(const nlohmann::json& config, const std::string& context, Architecture& a) {
  if (!json_value_or<bool>(config, "use_sliding_window", context, false)) {
    // "sliding_window" is written but has no effect; layers must not ask for it all the same.
    set_window(a, sliding_layers(config, context, a.layers, [](int64_t) { return false; }),
               std::nullopt, context);
    return;
  }
  const auto window = read_window(config, "sliding_window", context);
  const auto first = json_value_or<int64_t>(config, "max_window_layers", context, 28);
  set_window(a,
             sliding_layers(config, context, a.layers,
                            [&](int64_t layer) { return window.has_value() && layer >= first; }),
             window, context);
}

}  // namespace aqua::model
