#include "linear.hpp"

#include "aqua/linalg/blas.hpp"

namespace aqua::model {

using linalg::Op;

void Linear::apply(ConstMatrixView<float> x, MatrixView<float> y) const {
  linalg::gemm(Op::none, Op::transpose, 1.0F, x, weight, 0.0F, y);
  if (bias.empty()) return;
  for (int64_t r = 0; r < y.rows(); ++r) {
    for (int64_t c = 0; c < y.cols(); ++c) y(r, c) += bias[static_cast<std::size_t>(c)];
  }
}

void Linear::add_to(ConstMatrixView<float> x, MatrixView<float> y) const {
  for (int64_t r = 0; !bias.empty() && r < y.rows(); ++r) {
    for (int64_t c = 0; c < y.cols(); ++c) y(r, c) += bias[static_cast<std::size_t>(c)];
  }
  linalg::gemm(Op::none, Op::transpose, 1.0F, x, weight, 1.0F, y);
}

}  // namespace aqua::model
