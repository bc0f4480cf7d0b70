// Rotary embedding as config.json describes it, in the spellings of transformers 4 and 5.
#include <cmath>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "rope_settings.hpp"

namespace aqua::model {
namespace {

using formats::json_value;
using formats::json_value_or;
using nlohmann::json;

// One object of settings, whatever place and spelling the file has for them.
json settings_of(const json& config, std::string_view context) {
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const auto it = config.find(key);
    if (it == config.end() || it->is_null()) continue;
    if (!it->is_object()) {
      fail<FormatError>("{}: \"{}\": expected an object, found {}", context, key, it->type_name());
    }
    json settings = *it;
    // Older files spell the type "type", and longrope "su".
    if (!settings.contains("rope_type") && settings.contains("type")) {
      settings["rope_type"] = settings["type"];
    }
    if (settings.value("rope_type", json()) == "su") settings["rope_type"] = "longrope";
    return settings;
  }
  return json::object();
}

double number_within(const json& holder, const char* key, std::string_view context, double from,
                     double to, const char* range) {
  const auto value = json_value<double>(holder, key, context);
  if (!(value > from) || !(value <= to)) {
    fail<FormatError>("{}: \"{}\": expected {}, found {}", context, key, range, value);
  }
  return value;
}

}  // namespace

RopeSettings read_rope_settings(const json& config, const RopeDefaults& defaults,
                                std::string_view context) {
  json settings = settings_of(config, context);
  // Settings inside the object come before those beside it.
  const auto holder_of =
      [&](std::initializer_list<const char*> keys) -> std::pair<const json*, const char*> {
    for (const json* holder : {static_cast<const json*>(&settings), &config}) {
      for (const char* key : keys) {
        const auto it = holder->find(key);
        if (it != holder->end() && !it->is_null()) return {holder, key};
      }
    }
    return {nullptr, nullptr};
  };
  RopeBase base{.theta = defaults.theta, .max_positions = defaults.max_positions};
  if (const auto [holder, key] = holder_of({"rope_theta", "rotary_emb_base"}); holder != nullptr) {
    base.theta =
        static_cast<float>(number_within(*holder, key, context, 0.0, 0x1p120, "a positive number"));
  }
  double share = static_cast<double>(defaults.share);
  if (const auto [holder, key] = holder_of({"partial_rotary_factor", "rotary_pct"});
      holder != nullptr) {
    share = number_within(*holder, key, context, 0.0, 1.0, "a number above 0 and at most 1");
  }
  base.rotated = static_cast<int64_t>(static_cast<double>(defaults.head_dim) * share);
  if (base.rotated < 1 || 2 * ((base.rotated + 1) / 2) > defaults.head_dim) {
    fail<FormatError>(
        "{}: \"head_dim\": rotary embedding needs an even number of dimensions, "
        "found {} of {}",
        context, base.rotated, defaults.head_dim);
  }
  // Phi-3 states its training length beside the settings, and that counts.
  constexpr const char* original = "original_max_position_embeddings";
  if (config.contains(original)) settings[original] = config[original];
  return make_rope(settings, base, context);
}

}  // namespace aqua::model
