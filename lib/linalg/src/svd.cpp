#include "aqua/linalg/svd.hpp"

#include <cmath>

#include "aqua/core/error.hpp"
#include "svd_drivers.hpp"

namespace aqua::linalg {

Svd svd(ConstMatrixView<double> a) {
  if (a.empty()) return {Matrix<double>(a.rows(), 0), {}, Matrix<double>(a.cols(), 0)};
  for (int64_t i = 0; i < a.rows(); ++i) {
    for (int64_t j = 0; j < a.cols(); ++j) {
      if (!std::isfinite(a(i, j))) {
        fail<NumericalError>("svd: element ({}, {}) of the [{}, {}] matrix is {}", i, j, a.rows(),
                             a.cols(), a(i, j));
      }
    }
  }
  if (auto result = svd_by_divide_and_conquer(a)) return std::move(*result);
  if (auto result = svd_by_qr_iteration(a)) return std::move(*result);
  fail<NumericalError>("svd: no convergence for a [{}, {}] matrix", a.rows(), a.cols());
}

}  // namespace aqua::linalg
