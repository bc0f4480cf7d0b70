#include <cmath>
#include <stdexcept>

#include "aqua/core/error.hpp"
#include "aqua/linalg/svd.hpp"

namespace aqua::linalg {
namespace {

void negate_column(MatrixView<double> a, int64_t column) {
  for (int64_t i = 0; i < a.rows(); ++i) a(i, column) = -a(i, column);
}

}  // namespace

void fix_column_signs(MatrixView<double> v, MatrixView<double> along) {
  if (!along.empty() && along.cols() != v.cols()) {
    fail<std::invalid_argument>("fix_column_signs: V has {} columns, the matrix along it {}",
                                v.cols(), along.cols());
  }
  for (int64_t j = 0; j < v.cols(); ++j) {
    double largest = 0.0;
    for (int64_t i = 0; i < v.rows(); ++i) {
      if (std::abs(v(i, j)) > std::abs(largest)) largest = v(i, j);
    }
    if (largest >= 0.0) continue;
    negate_column(v, j);
    if (!along.empty()) negate_column(along, j);
  }
}

}  // namespace aqua::linalg
