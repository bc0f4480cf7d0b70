#include "linear.hpp"

namespace aqua::model {

void Linear::add_bias(int64_t first, MatrixView<float> y) const {
  if (bias.empty()) return;
  const float* const b = bias.data() + first;
  for (int64_t r = 0; r < y.rows(); ++r) {
    for (int64_t c = 0; c < y.cols(); ++c) y(r, c) += b[c];
  }
}

void Linear::apply(ConstMatrixView<float> x, MatrixView<float> y) const {
  products->multiply(x, weight, y);
  add_bias(0, y);
}

void Linear::add_to(ConstMatrixView<float> x, MatrixView<float> y) const {
  add_bias(0, y);
  products->multiply_add(x, weight, y);
}

}  // namespace aqua::model
