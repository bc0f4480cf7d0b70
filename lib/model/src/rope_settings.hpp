// The rotary embedding that a checkpoint's config.json asks for.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/formats/gguf.hpp"

namespace aqua::model {

/// Angle frequencies of the rotated dimensions, one per pair.
struct RopeSettings {
  std::vector<float> inverse_frequency;  ///< [r/2], radians per position, falling
  float attention_scale = 1.0F;          ///< factor on cos and sin
};

/// Reads `rope_parameters` (transformers 5) or `rope_theta` with `rope_scaling` (transformers 4)
/// for heads of which `rotated` dimensions rotate. Types: default, linear, llama3. FormatError,
/// naming the type, for any other, and for values that are missing or out of range.
RopeSettings read_rope_settings(const nlohmann::json& config, int64_t rotated,
                                std::string_view context);

/// The same from the metadata of a GGUF file, "PREFIX.rope.…", and its optional tensor
/// rope_freqs.weight of divisors. Types: none, linear.
RopeSettings read_rope_settings(const formats::GgufFile& file, const std::string& prefix,
                                int64_t rotated);

}  // namespace aqua::model
