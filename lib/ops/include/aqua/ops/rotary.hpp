// Rotary position embedding (RoPE, arXiv 2104.09864), in the half layout of Hugging Face: dimension
// i is paired with i + r/2, where r is the number of rotated dimensions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/core/heads.hpp"

namespace aqua::ops {

/// cos and sin of angle(p, i) = p · inverse_frequency[i] for positions p = 0 … positions − 1.
enum class RotaryPairing {
  halves,      ///< dimension i with i + r/2, as in Hugging Face
  neighbours,  ///< dimension 2i with 2i + 1, as in the paper and in llama-family GGUF files
};

class RotaryTable {
 public:
  RotaryTable() = default;
  /// `inverse_frequency` [r/2]; both tables are multiplied by `attention_scale` (1 but for yarn and
  /// longrope). Angles are rounded to float32 before cos and sin, as the models were trained.
  RotaryTable(std::span<const float> inverse_frequency, int64_t positions,
              float attention_scale = 1.0F);

  int64_t positions() const { return cos_.rows(); }
  int64_t rotated_dimensions() const { return 2 * cos_.cols(); }

  /// Rotates every head of every token in place: x [T, heads, d], token t at positions[t].
  /// Dimensions from rotated_dimensions() on stay as they are.
  void apply(std::span<const int32_t> positions, RotaryPairing pairing, HeadsView<float> x) const;

 private:
  Matrix<float> cos_;  // [positions, r/2]
  Matrix<float> sin_;
};

}  // namespace aqua::ops
