// Rotary embeddings: angle frequencies by the kind of scaling that a checkpoint asks for.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/formats/gguf.hpp"

namespace aqua::model {

/// Frequencies that grow with the sequence: base theta·((factor·T/T₀) − (factor − 1))^(r/(r−2)) for
/// T tokens, T₀ the original positions.
struct DynamicRope {
  float theta = 10000.0F;
  float factor = 1.0F;
  int64_t rotated = 0;
};

/// Angle frequencies of the rotated dimensions, one per pair, radians per position. Sequences
/// longer than original_positions may have other ones than short sequences (longrope, dynamic).
struct RopeSettings {
  std::vector<float> inverse_frequency;  ///< [⌈r/2⌉]
  float attention_scale = 1.0F;          ///< factor on cos and sin
  int64_t original_positions = std::numeric_limits<int64_t>::max();
  std::vector<float> long_inverse_frequency = {};  ///< longrope; [⌈r/2⌉] or empty
  std::optional<DynamicRope> dynamic = {};
  /// Positions that the scaling is made for, where it states them (dynamic, yarn); else 0.
  int64_t extended_positions = 0;
};

/// The frequencies for a sequence of `tokens` tokens; sequences of equal rope_variant share them.
std::vector<float> frequencies_for(const RopeSettings& rope, int64_t tokens);
int64_t rope_variant(const RopeSettings& rope, int64_t tokens);

/// What the scaling types start from.
struct RopeBase {
  float theta = 10000.0F;
  int64_t rotated = 0;        ///< r, dimensions of each head that rotate
  int64_t max_positions = 0;  ///< max_position_embeddings; 0 when not stated
};

/// A kind of scaling: its name in "rope_type" and how its settings, spelt as transformers spells
/// them (modeling_rope_utils), become frequencies. FormatError names missing or senseless settings.
struct RopeType {
  std::string_view name;
  RopeSettings (*make)(const nlohmann::json& settings, const RopeBase& base,
                       std::string_view context);
};
std::span<const RopeType> rope_types();
/// By settings["rope_type"]; FormatError that lists the known ones for any other.
RopeSettings make_rope(const nlohmann::json& settings, const RopeBase& base,
                       std::string_view context);

/// What a family's config.json leaves unsaid about rotary embedding.
struct RopeDefaults {
  int64_t head_dim = 0;
  int64_t max_positions = 0;
  float theta = 10000.0F;
  float share = 1.0F;  ///< of each head's dimensions that rotate
};

/// Reads `rope_parameters` (transformers 5) or `rope_theta` with `rope_scaling` (transformers 4)
/// from config.json.
RopeSettings read_rope_settings(const nlohmann::json& config, const RopeDefaults& defaults,
                                std::string_view context);

/// The same from the metadata of a GGUF file, "PREFIX.rope.…", and its optional tensors of
/// divisors: rope_freqs.weight, or rope_factors_short.weight and rope_factors_long.weight. Scaling
/// types: none, linear, yarn, longrope.
RopeSettings read_rope_settings(const formats::GgufFile& file, const std::string& prefix,
                                const RopeDefaults& defaults);

}  // namespace aqua::model
