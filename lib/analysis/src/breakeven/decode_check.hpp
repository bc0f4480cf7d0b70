// The decode steps in double precision, to check answers with before they are timed.
#pragma once

#include "breakeven/decode_step.hpp"

namespace aqua::analysis {

/// What a layer's steps should give, computed plainly from unrotated keys: for each head
/// softmax(q_S·k_S/√d)·v over the dimensions S of vectors rotated by P.
class DecodeReference {
 public:
  /// projections: P [KV head]. Refers to token and cache, whose last token it takes from `token`.
  DecodeReference(const HeadLayout& heads, const NewToken& token, const LayerCache& cache,
                  const std::vector<Matrix<double>>& projections);

  /// All dimensions, without rotation. [H, d]
  Matrix<double> standard() const;
  /// The dimensions that `step` used last.
  Matrix<double> aqua(const DecodeStep& step) const;

  /// Largest difference from the reference that float32 explains. A logit is a sum of up to d
  /// products of rotated vectors, each a sum of d products: off by less than δ = 4·d·ε·‖q‖‖k‖/√d.
  /// Weights move by factors within e^{±2δ}, outputs by that and by the rounding of a sum over L of
  /// weights that sum to 1: (e^{2δ} − 1 + 2·(√L + 8)·ε)·max|v|, as random roundings add up.
  double tolerance() const;

 private:
  std::vector<double> rotated(std::span<const float> x, int64_t g) const;
  Matrix<double> attend(const std::vector<Matrix<double>>& keys, const DecodeStep* step) const;

  HeadLayout heads_;
  const NewToken& token_;
  const LayerCache& cache_;
  const std::vector<Matrix<double>>& projections_;
  std::vector<Matrix<double>> keys_;          // [KV head] [L, d]
  std::vector<Matrix<double>> rotated_keys_;  // [KV head] [L, d]
};

}  // namespace aqua::analysis
