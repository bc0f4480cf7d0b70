#include "rope_settings.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::model {
namespace {

using formats::json_value;
using formats::json_value_or;
using nlohmann::json;

// theta^(−2i/r), with the roundings of the float32 code that models are trained with.
std::vector<float> default_frequencies(float theta, int64_t rotated) {
  std::vector<float> frequency(static_cast<std::size_t>(rotated / 2));
  for (std::size_t i = 0; i < frequency.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(rotated);
    const auto power =
        static_cast<float>(std::pow(static_cast<double>(theta), static_cast<double>(exponent)));
    frequency[i] = 1.0F / power;
  }
  return frequency;
}

float positive(const json& object, std::string_view key, std::string_view context) {
  const auto value = json_value<float>(object, key, context);
  if (!(value > 0.0F) || !std::isfinite(value)) {
    fail<FormatError>("{}: \"{}\": expected a positive number, found {}", context, key, value);
  }
  return value;
}

// Llama 3.1: wavelengths longer than the original context are stretched by `factor`, short ones
// kept, those between interpolated.
void stretch_llama3(const json& settings, std::string_view context,
                    std::vector<float>& frequencies) {
  const float factor = positive(settings, "factor", context);
  const float low = positive(settings, "low_freq_factor", context);
  const float high = positive(settings, "high_freq_factor", context);
  const float original = positive(settings, "original_max_position_embeddings", context);
  if (!(high > low)) {
    fail<FormatError>("{}: \"high_freq_factor\": expected more than low_freq_factor {}, found {}",
                      context, low, high);
  }
  for (float& frequency : frequencies) {
    const float wavelength = 2.0F * std::numbers::pi_v<float> / frequency;
    if (wavelength > original / low) {
      frequency /= factor;
    } else if (wavelength >= original / high) {
      const float smooth = (original / wavelength - low) / (high - low);
      frequency = (1.0F - smooth) * frequency / factor + smooth * frequency;
    }
  }
}

}  // namespace

RopeSettings read_rope_settings(const json& config, int64_t rotated, std::string_view context) {
  const auto member = [&](const char* key) -> const json* {
    const auto it = config.find(key);
    return it == config.end() || it->is_null() ? nullptr : &*it;
  };
  const json empty = json::object();
  const json* parameters = member("rope_parameters");
  const json* settings = parameters != nullptr ? parameters : member("rope_scaling");
  if (settings == nullptr) settings = &empty;
  if (!settings->is_object()) {
    fail<FormatError>("{}: \"{}\": expected an object, found {}", context,
                      parameters != nullptr ? "rope_parameters" : "rope_scaling",
                      settings->type_name());
  }
  const json& theta_holder = settings->contains("rope_theta") ? *settings : config;
  const float theta = theta_holder.contains("rope_theta")
                          ? positive(theta_holder, "rope_theta", context)
                          : 10000.0F;

  // Older files spell the type "type"; transformers 4 treats "default" and no scaling alike.
  const std::string type = json_value_or<std::string>(
      *settings, settings->contains("rope_type") ? "rope_type" : "type", context, "default");
  RopeSettings result{default_frequencies(theta, rotated), 1.0F};
  if (type == "linear") {
    const float factor = positive(*settings, "factor", context);
    for (float& frequency : result.inverse_frequency) frequency /= factor;
  } else if (type == "llama3") {
    stretch_llama3(*settings, context, result.inverse_frequency);
  } else if (type != "default") {
    fail<FormatError>("{}: \"rope_type\": expected default, linear or llama3, found \"{}\"",
                      context, type);
  }
  return result;
}

RopeSettings read_rope_settings(const formats::GgufFile& file, const std::string& prefix,
                                int64_t rotated) {
  const std::string context = file.files().front().string();
  const auto theta = formats::gguf_value_or<double>(file, prefix + ".rope.freq_base", 10000.0);
  if (!(theta > 0.0)) {
    fail<FormatError>("{}: \"{}.rope.freq_base\": expected a positive number, found {}", context,
                      prefix, theta);
  }
  RopeSettings result{default_frequencies(static_cast<float>(theta), rotated), 1.0F};
  const auto type =
      formats::gguf_value_or<std::string>(file, prefix + ".rope.scaling.type", "none");
  if (type == "linear") {
    const auto factor = formats::gguf_value<double>(file, prefix + ".rope.scaling.factor");
    if (!(factor > 0.0)) {
      fail<FormatError>("{}: \"{}.rope.scaling.factor\": expected a positive number, found {}",
                        context, prefix, factor);
    }
    for (float& frequency : result.inverse_frequency) frequency /= static_cast<float>(factor);
  } else if (type != "none") {
    fail<FormatError>("{}: \"{}.rope.scaling.type\": expected none or linear, found \"{}\"",
                      context, prefix, type);
  }
  // Llama 3.1 and later: the stretching of each frequency, worked out when the file was made.
  if (file.find("rope_freqs.weight") != nullptr) {
    const formats::Tensor& divisors =
        formats::require(file, "rope_freqs.weight", std::array{rotated / 2});
    std::vector<float> values(result.inverse_frequency.size());
    formats::to_float32(divisors.dtype, divisors.bytes, values);
    for (std::size_t i = 0; i < values.size(); ++i) result.inverse_frequency[i] /= values[i];
  }
  return result;
}

}  // namespace aqua::model
