#include "linear.hpp"

namespace aqua::model {
namespace {

void add_bias(const std::vector<float>& bias, MatrixView<float> y) {
  if (bias.empty()) return;
  for (int64_t r = 0; r < y.rows(); ++r) {
    const auto row = y.row(r);
    for (std::size_t c = 0; c < row.size(); ++c) row[c] += bias[c];
  }
}

}  // namespace

void Linear::apply(ConstMatrixView<float> x, MatrixView<float> y) const {
  products->multiply(x, weight, y);
  add_bias(bias, y);
}

void Linear::add_to(ConstMatrixView<float> x, MatrixView<float> y) const {
  add_bias(bias, y);
  products->multiply_add(x, weight, y);
}

}  // namespace aqua::model
