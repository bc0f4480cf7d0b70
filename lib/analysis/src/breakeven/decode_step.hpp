// One layer's decode step for one new token, standard and AQUA, on caches of float32.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/core/heads.hpp"
#include "aqua/core/matrix.hpp"

namespace aqua::analysis {

/// Keys of one KV head in blocks of 64 tokens, [L/64][dims][64]; what lies beyond L is zero.
class BlockedKeys {
 public:
  BlockedKeys(int64_t length, int64_t dims);
  int64_t dims() const { return dims_; }
  int64_t blocks() const { return data_.rows(); }
  const float* block(int64_t b) const { return data_.row(b).data(); }
  /// The first dims() entries of key.
  void set(int64_t token, std::span<const float> key);
  std::span<const float> values() const {
    return {data_.data(), static_cast<std::size_t>(data_.size())};
  }

 private:
  int64_t dims_;
  Matrix<float> data_;  // [blocks, dims·64]
};

/// What a layer holds for L tokens, the one being decoded the last of them. Standard steps use
/// keys as they are, AQUA steps rotated ones; both share the values.
struct LayerCache {
  std::vector<Matrix<float>> tokens;              ///< [KV head] keys [L, d]
  std::vector<BlockedKeys> blocks;                ///< [KV head]
  std::vector<std::vector<BlockedKeys>> rotated;  ///< [stored dimensions][KV head] rotated keys
  std::vector<Matrix<float>> values;              ///< [KV head] [L, d]
};

/// The new token's vectors.
struct NewToken {
  Matrix<float> q;  ///< [H, d]
  Matrix<float> k;  ///< [H_kv, d]
  Matrix<float> v;  ///< [H_kv, d]
};

enum class KeyLayout { tokens, blocks };

/// What one AQUA step works with.
struct AquaStep {
  int64_t variant = 0;  ///< index into LayerCache::rotated
  int64_t stored = 0;   ///< m
  int64_t k = 0;
};

/// Runs steps; holds the scratch memory. For one thread.
class DecodeStep {
 public:
  /// projections: [KV head] [d, d], P.
  DecodeStep(const HeadLayout& heads, int64_t length, std::vector<Matrix<float>> projections);

  /// out [H, d].
  void standard(const NewToken& token, KeyLayout layout, LayerCache& cache, MatrixView<float> out);
  void aqua(const NewToken& token, const AquaStep& step, LayerCache& cache, MatrixView<float> out);

  /// After aqua(): the dimensions that query head h used.
  std::span<const int32_t> dimensions(int64_t h) const {
    return std::span(dims_).subspan(static_cast<std::size_t>(h * heads_.head_dim),
                                    static_cast<std::size_t>(kept_));
  }

 private:
  void select(std::span<const float> rotated, int64_t h);
  void score_blocks(const std::vector<BlockedKeys>& keys, int64_t g);
  void finish(const LayerCache& cache, int64_t g, MatrixView<float> out);

  HeadLayout heads_;
  int64_t length_;
  float scale_;
  std::vector<Matrix<float>> projections_;
  Matrix<float> query_;  // [H, d] entries that are used, times the scale
  std::vector<float> rotated_;
  std::vector<float> mask_;
  std::vector<float> scratch_;
  std::vector<int32_t> dims_;      // [H, d]
  std::vector<int32_t> all_dims_;  // 0 … d − 1
  int64_t kept_ = 0;
  Matrix<float> scores_;             // [G, blocks·64]
  std::vector<float> inverse_sums_;  // [G] of the weights
  std::vector<float> part_;          // [d] one block's share of an output
};

}  // namespace aqua::analysis
