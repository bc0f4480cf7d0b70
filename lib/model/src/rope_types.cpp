// The scaling types of rotary embedding. Each computes in the roundings of the float32 code that
// models are trained with, where that matters.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "rope_settings.hpp"

namespace aqua::model {
namespace {

using formats::json_value;
using formats::json_value_or;
using nlohmann::json;

// theta^(−2i/r).
std::vector<float> default_frequencies(double theta, int64_t rotated) {
  std::vector<float> frequency(static_cast<std::size_t>((rotated + 1) / 2));
  for (std::size_t i = 0; i < frequency.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(rotated);
    const auto power = static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
    frequency[i] = 1.0F / power;
  }
  return frequency;
}

int64_t to_positions(double value) { return static_cast<int64_t>(std::min(value, 0x1p28)); }

double positive(double value, std::string_view key, std::string_view context) {
  if (!(value > 0.0) || !std::isfinite(value)) {
    fail<FormatError>("{}: \"{}\": expected a positive number, found {}", context, key, value);
  }
  return value;
}

double positive(const json& object, std::string_view key, std::string_view context) {
  return positive(json_value<double>(object, key, context), key, context);
}

double positive_or(const json& object, std::string_view key, std::string_view context,
                   double fallback) {
  return positive(json_value_or<double>(object, key, context, fallback), key, context);
}

// "original_max_position_embeddings", by default the model's positions.
double original_positions(const json& settings, const RopeBase& base, std::string_view context) {
  constexpr std::string_view key = "original_max_position_embeddings";
  if (base.max_positions > 0) {
    return positive_or(settings, key, context, static_cast<double>(base.max_positions));
  }
  return positive(settings, key, context);
}

RopeSettings plain(const json&, const RopeBase& base, std::string_view) {
  return {.inverse_frequency = default_frequencies(static_cast<double>(base.theta), base.rotated)};
}

// Positions divided by the factor.
RopeSettings linear(const json& settings, const RopeBase& base, std::string_view context) {
  const auto factor = static_cast<float>(positive(settings, "factor", context));
  RopeSettings rope = plain(settings, base, context);
  for (float& frequency : rope.inverse_frequency) frequency /= factor;
  return rope;
}

// NTK-aware scaling by the length of the sequence.
RopeSettings dynamic(const json& settings, const RopeBase& base, std::string_view context) {
  const auto factor = static_cast<float>(positive(settings, "factor", context));
  if (base.max_positions <= 0) {
    fail<FormatError>("{}: \"max_position_embeddings\" is missing, which rope_type dynamic needs",
                      context);
  }
  if (base.rotated <= 2) {
    fail<FormatError>("{}: rope_type dynamic needs more than 2 rotated dimensions, found {}",
                      context, base.rotated);
  }
  RopeSettings rope = plain(settings, base, context);
  rope.original_positions = base.max_positions;
  rope.dynamic = DynamicRope{base.theta, factor, base.rotated};
  rope.extended_positions =
      to_positions(static_cast<double>(base.max_positions) * static_cast<double>(factor));
  return rope;
}

// Llama 3.1: wavelengths longer than the original context are stretched by `factor`, short ones
// kept, those between interpolated.
RopeSettings llama3(const json& settings, const RopeBase& base, std::string_view context) {
  const auto factor = static_cast<float>(positive(settings, "factor", context));
  const auto low = static_cast<float>(positive(settings, "low_freq_factor", context));
  const auto high = static_cast<float>(positive(settings, "high_freq_factor", context));
  const auto original = static_cast<float>(original_positions(settings, base, context));
  if (!(high > low)) {
    fail<FormatError>("{}: \"high_freq_factor\": expected more than low_freq_factor {}, found {}",
                      context, low, high);
  }
  RopeSettings rope = plain(settings, base, context);
  for (float& frequency : rope.inverse_frequency) {
    const float wavelength = 2.0F * std::numbers::pi_v<float> / frequency;
    if (wavelength > original / low) {
      frequency /= factor;
    } else if (wavelength >= original / high) {
      const float smooth = (original / wavelength - low) / (high - low);
      frequency = (1.0F - smooth) * frequency / factor + smooth * frequency;
    }
  }
  return rope;
}

// YaRN's factor on cos and sin (arXiv 2309.00071, eq. 22): 0.1·m·ln(scale) + 1.
double yarn_magnitude(double scale, double m) {
  return scale <= 1.0 ? 1.0 : 0.1 * m * std::log(scale) + 1.0;
}

// YaRN (arXiv 2309.00071, section 3.2): dimensions that turn more than beta_fast times in the
// original context are kept, those that turn less than beta_slow times are stretched by the factor,
// with a ramp over the dimensions between.
RopeSettings yarn(const json& settings, const RopeBase& base, std::string_view context) {
  const double original = original_positions(settings, base, context);
  const double factor = settings.contains("factor") || base.max_positions <= 0
                            ? positive(settings, "factor", context)
                            : static_cast<double>(base.max_positions) / original;
  const double fast = positive_or(settings, "beta_fast", context, 32.0);
  const double slow = positive_or(settings, "beta_slow", context, 1.0);
  const auto r = static_cast<double>(base.rotated);
  const auto theta = static_cast<double>(base.theta);
  const auto dimension = [&](double turns) {
    return r * std::log(original / (turns * 2 * std::numbers::pi)) / (2 * std::log(theta));
  };
  double low = dimension(fast);
  double high = dimension(slow);
  if (json_value_or<bool>(settings, "truncate", context, true)) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, r - 1);
  if (low == high) high += 0.001;
  if (!std::isfinite(low) || !std::isfinite(high)) {
    fail<FormatError>("{}: yarn with theta {} over {} positions has no finite range", context,
                      theta, original);
  }

  RopeSettings rope = plain(settings, base, context);
  for (std::size_t i = 0; i < rope.inverse_frequency.size(); ++i) {
    const float kept = rope.inverse_frequency[i];
    const float stretched = 1.0F / (static_cast<float>(factor) * (1.0F / kept));
    const auto at = (static_cast<float>(i) - static_cast<float>(low)) /
                    (static_cast<float>(high) - static_cast<float>(low));
    const float ramp = std::clamp(at, 0.0F, 1.0F);
    rope.inverse_frequency[i] = stretched * ramp + kept * (1.0F - ramp);
  }

  rope.extended_positions = to_positions(original * factor);
  const auto m = json_value_or<double>(settings, "mscale", context, 0.0);
  const auto m_all = json_value_or<double>(settings, "mscale_all_dim", context, 0.0);
  const double magnitude = m != 0.0 && m_all != 0.0
                               ? yarn_magnitude(factor, m) / yarn_magnitude(factor, m_all)
                               : yarn_magnitude(factor, 1.0);
  rope.attention_scale =
      static_cast<float>(positive_or(settings, "attention_factor", context, magnitude));
  return rope;
}

std::vector<float> divided(const std::vector<float>& frequency, const json& settings,
                           std::string_view key, std::string_view context) {
  const auto divisors = json_value<std::vector<float>>(settings, key, context);
  if (divisors.size() != frequency.size()) {
    fail<FormatError>(
        "{}: \"{}\": expected {} numbers, one for each pair of rotated dimensions, "
        "found {}",
        context, key, frequency.size(), divisors.size());
  }
  std::vector<float> result(frequency.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    positive(divisors[i], key, context);
    result[i] = 1.0F / (divisors[i] * (1.0F / frequency[i]));
  }
  return result;
}

// LongRoPE (arXiv 2402.13753): every frequency has a divisor, one for sequences of up to the
// original length and one for longer ones.
RopeSettings longrope(const json& settings, const RopeBase& base, std::string_view context) {
  const double original = original_positions(settings, base, context);
  RopeSettings rope = plain(settings, base, context);
  const auto frequency = rope.inverse_frequency;
  rope.inverse_frequency = divided(frequency, settings, "short_factor", context);
  rope.long_inverse_frequency = divided(frequency, settings, "long_factor", context);
  rope.original_positions = to_positions(original);
  const double factor =
      positive_or(settings, "factor", context,
                  base.max_positions > 0 ? static_cast<double>(base.max_positions) / original : 1);
  const double magnitude =
      factor <= 1.0 ? 1.0 : std::sqrt(1.0 + std::log(factor) / std::log(original));
  rope.attention_scale =
      static_cast<float>(positive_or(settings, "attention_factor", context, magnitude));
  return rope;
}

}  // namespace

std::span<const RopeType> rope_types() {
  static constexpr std::array<RopeType, 6> all{{{"default", plain},
                                                {"linear", linear},
                                                {"dynamic", dynamic},
                                                {"yarn", yarn},
                                                {"llama3", llama3},
                                                {"longrope", longrope}}};
  return all;
}

RopeSettings make_rope(const json& settings, const RopeBase& base, std::string_view context) {
  const auto type = json_value_or<std::string>(settings, "rope_type", context, "default");
  std::vector<std::string_view> known;
  for (const RopeType& candidate : rope_types()) {
    if (candidate.name == type) return candidate.make(settings, base, context);
    known.push_back(candidate.name);
  }
  fail<FormatError>("{}: \"rope_type\": expected one of {}, found \"{}\"", context,
                    fmt::join(known, ", "), type);
}

int64_t rope_variant(const RopeSettings& rope, int64_t tokens) {
  if (tokens <= rope.original_positions) return 0;
  return rope.dynamic ? tokens : 1;
}

std::vector<float> frequencies_for(const RopeSettings& rope, int64_t tokens) {
  if (tokens <= rope.original_positions) return rope.inverse_frequency;
  if (rope.dynamic) {
    const auto factor = static_cast<double>(rope.dynamic->factor);
    const auto r = static_cast<double>(rope.dynamic->rotated);
    const double growth =
        factor * static_cast<double>(tokens) / static_cast<double>(rope.original_positions) -
        (factor - 1.0);
    const double theta = static_cast<double>(rope.dynamic->theta) * std::pow(growth, r / (r - 2.0));
    return default_frequencies(theta, rope.dynamic->rotated);
  }
  return rope.long_inverse_frequency.empty() ? rope.inverse_frequency : rope.long_inverse_frequency;
}

}  // namespace aqua::model
