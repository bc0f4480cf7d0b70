// One matrix of a layer, as a product with rows of activations.
#pragma once

#include <vector>

#include "aqua/core/matrix.hpp"

namespace aqua::model {

/// y = x·weightᵀ + bias: weight [out, in] as in the checkpoint; bias [out] or empty.
struct Linear {
  Matrix<float> weight;
  std::vector<float> bias;

  /// x [n, in] → y [n, out].
  void apply(ConstMatrixView<float> x, MatrixView<float> y) const;
  /// y += instead of y =.
  void add_to(ConstMatrixView<float> x, MatrixView<float> y) const;
};

}  // namespace aqua::model
