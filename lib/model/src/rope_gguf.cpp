// Rotary embedding as a GGUF file describes it.
#include <array>
#include <cmath>

#include "aqua/core/error.hpp"
#include "rope_settings.hpp"

namespace aqua::model {
namespace {

using formats::gguf_value_or;
using formats::GgufFile;
using nlohmann::json;

// A tensor of one positive divisor per pair of rotated dimensions.
std::vector<float> divisors(const GgufFile& file, const char* name, std::size_t pairs) {
  const formats::Tensor& tensor =
      formats::require(file, name, std::array{static_cast<int64_t>(pairs)});
  std::vector<float> values(pairs);
  formats::to_float32(tensor.dtype, tensor.bytes, values);
  for (const float value : values) {
    if (!(value > 0.0F) || !std::isfinite(value)) {
      fail<FormatError>("{}: \"{}\": expected positive numbers, found {}", tensor.file, name,
                        value);
    }
  }
  return values;
}

double positive(const GgufFile& file, const std::string& key, double fallback) {
  const auto value = gguf_value_or<double>(file, key, fallback);
  if (!(value > 0.0) || !std::isfinite(value)) {
    fail<FormatError>("{}: \"{}\": expected a positive number, found {}",
                      file.files().front().string(), key, value);
  }
  return value;
}

}  // namespace

RopeSettings read_rope_settings(const GgufFile& file, const std::string& prefix,
                                const RopeDefaults& defaults) {
  const std::string context = file.files().front().string();
  const std::string scaling = prefix + ".rope.scaling.";
  RopeBase base{.theta = static_cast<float>(positive(file, prefix + ".rope.freq_base",
                                                     static_cast<double>(defaults.theta))),
                .max_positions = defaults.max_positions};
  base.rotated = gguf_value_or<int64_t>(file, prefix + ".rope.dimension_count", defaults.head_dim);
  if (base.rotated < 1 || base.rotated > defaults.head_dim ||
      2 * ((base.rotated + 1) / 2) > defaults.head_dim) {
    fail<FormatError>(
        "{}: \"{}.rope.dimension_count\": expected an even number from 2 to the head dimension {}, "
        "found {}",
        context, prefix, defaults.head_dim, base.rotated);
  }
  const auto pairs = static_cast<std::size_t>((base.rotated + 1) / 2);
  if (const std::string old = prefix + ".rope.scale_linear"; file.values().contains(old)) {
    fail<FormatError>("{}: \"{}\": files of that age are not supported, whose scaling has no type",
                      context, old);
  }
  const double attention_factor = positive(file, scaling + "attn_factor", 1.0);

  // The settings, in the words of config.json.
  json settings = json::object();
  auto type = gguf_value_or<std::string>(file, scaling + "type", "none");
  // Phi-3's converter writes the divisors without naming the type.
  if (file.find("rope_factors_long.weight") != nullptr) type = "longrope";
  const double factor = positive(file, scaling + "factor", 1.0);
  const auto original = gguf_value_or<int64_t>(file, scaling + "original_context_length", 0);
  if (original > 0) settings["original_max_position_embeddings"] = original;
  if (type == "linear" || type == "yarn") {
    formats::gguf_value<double>(file, scaling + "factor");  // must be there
    settings["factor"] = factor;
  }
  if (type == "linear") {
    settings["rope_type"] = type;
  } else if (type == "yarn") {
    settings["rope_type"] = type;
    settings["beta_fast"] = positive(file, scaling + "yarn_beta_fast", 32.0);
    settings["beta_slow"] = positive(file, scaling + "yarn_beta_slow", 1.0);
    settings["attention_factor"] =
        attention_factor * (factor <= 1.0 ? 1.0 : 0.1 * std::log(factor) + 1.0);
  } else if (type == "longrope") {
    settings["rope_type"] = type;
    settings["short_factor"] = divisors(file, "rope_factors_short.weight", pairs);
    settings["long_factor"] = divisors(file, "rope_factors_long.weight", pairs);
    settings["attention_factor"] = attention_factor;
  } else if (type != "none") {
    fail<FormatError>("{}: \"{}type\": expected none, linear, yarn or longrope, found \"{}\"",
                      context, scaling, type);
  }
  RopeSettings rope = make_rope(settings, base, context);
  // Llama 3.1 and later: the stretching of each frequency, worked out when the file was made.
  if (file.find("rope_freqs.weight") != nullptr) {
    const auto values = divisors(file, "rope_freqs.weight", pairs);
    for (std::size_t i = 0; i < pairs; ++i) rope.inverse_frequency[i] /= values[i];
  }
  return rope;
}

}  // namespace aqua::model
