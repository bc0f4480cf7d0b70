// Checkpoints of a given shape with random weights, for benchmarks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "aqua/core/heads.hpp"

namespace aqua::bench {

/// A Llama shape.
struct Shape {
  std::string name;
  int64_t layers = 0;
  int64_t hidden_size = 0;
  int64_t feed_forward_size = 0;
  int64_t vocabulary = 0;
  HeadLayout heads;

  /// Multiply-adds ×2 of all products of one layer for `tokens` tokens of a sequence, without
  /// attention's: projections and feed-forward block.
  double projection_flops(int64_t tokens) const;
  /// The same of attention's two products over causal pairs.
  double attention_flops(int64_t tokens) const;
};

/// Writes config.json and a BF16 model.safetensors of normal weights with standard deviation
/// 1/√(columns), so that activations stay of order one.
void write_random_checkpoint(const Shape& shape, const std::filesystem::path& folder);

}  // namespace aqua::bench
