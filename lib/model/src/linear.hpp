// One matrix of a layer, as a product with rows of activations.
#pragma once

#include <vector>

#include "aqua/core/matrix.hpp"
#include "aqua/linalg/products.hpp"

namespace aqua::model {

/// y = x·weight + bias, in the engine's type.
struct Linear {
  const linalg::ProductEngine* products = nullptr;  ///< what packed the weight
  linalg::PackedMatrix weight;                      ///< [in, out]
  std::vector<float> bias;                          ///< [out] or empty

  /// x [n, in] → y [n, out].
  void apply(ConstMatrixView<float> x, MatrixView<float> y) const;
  /// y += instead of y =.
  void add_to(ConstMatrixView<float> x, MatrixView<float> y) const;
  /// y [n, …] += the bias from element `first` on, if there is one.
  void add_bias(int64_t first, MatrixView<float> y) const;
};

}  // namespace aqua::model
