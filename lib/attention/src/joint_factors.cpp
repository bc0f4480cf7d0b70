#include "joint_factors.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "aqua/linalg/blas.hpp"
#include "aqua/linalg/svd.hpp"

namespace aqua::attention {
namespace {

using linalg::Op;
using linalg::product;

// The pseudo-inverse of a symmetric positive semidefinite matrix: directions with less than
// rank·eps of the largest singular value carry nothing.
Matrix<double> inverse(const Matrix<double>& a) {
  linalg::Svd svd = linalg::svd(a);
  const double negligible =
      svd.s.empty()
          ? 0.0
          : static_cast<double>(a.rows()) * std::numeric_limits<double>::epsilon() * svd.s.front();
  for (int64_t c = 0; c < svd.v.cols(); ++c) {
    const double s = svd.s[static_cast<std::size_t>(c)];
    for (int64_t r = 0; r < svd.v.rows(); ++r) {
      svd.v(r, c) = s > negligible ? svd.v(r, c) / s : 0.0;
    }
  }
  return product(Op::none, Op::transpose, svd.v, svd.u);
}

void add(const Matrix<double>& b, Matrix<double>& a) {
  for (int64_t r = 0; r < a.rows(); ++r) {
    for (int64_t c = 0; c < a.cols(); ++c) a(r, c) += b(r, c);
  }
}

// B = argmin ‖X − X·map·B‖ = (mapᵀ·gram·map)⁻¹·mapᵀ·gram, [r, d].
Matrix<double> backward(ConstMatrixView<double> gram, const Matrix<double>& map) {
  const Matrix<double> projected = product(Op::transpose, Op::none, map, gram);
  return product(Op::none, Op::none, inverse(product(Op::none, Op::none, projected, map)),
                 projected);
}

// The map of X in argmin ‖X·Yᵀ − A·(Y·other)ᵀ‖² + ‖X − A·B‖²:
// A = X·(YᵀY·other + Bᵀ)·(otherᵀ·YᵀY·other + B·Bᵀ)⁻¹.
Matrix<double> forward(ConstMatrixView<double> other_gram, const Matrix<double>& other,
                       const Matrix<double>& b) {
  Matrix<double> left = product(Op::none, Op::none, other_gram, other);
  Matrix<double> normal = product(Op::transpose, Op::none, other, left);
  add(product(Op::none, Op::transpose, b, b), normal);
  for (int64_t r = 0; r < left.rows(); ++r) {
    for (int64_t c = 0; c < left.cols(); ++c) left(r, c) += b(c, r);
  }
  return product(Op::none, Op::none, left, inverse(normal));
}

}  // namespace

JointFactors joint_factors(ConstMatrixView<double> gram_query, ConstMatrixView<double> gram_key,
                           int64_t rank, int64_t iterations) {
  const int64_t d = gram_key.rows();
  std::vector<int64_t> channels(static_cast<std::size_t>(d));
  std::iota(channels.begin(), channels.end(), int64_t{0});
  std::stable_sort(channels.begin(), channels.end(), [&](int64_t a, int64_t b) {
    return gram_query(a, a) * gram_key(a, a) > gram_query(b, b) * gram_key(b, b);
  });
  JointFactors factors{Matrix<double>(d, rank), Matrix<double>(d, rank)};
  for (int64_t c = 0; c < rank; ++c) {
    factors.query(channels[static_cast<std::size_t>(c)], c) = 1.0;
    factors.key(channels[static_cast<std::size_t>(c)], c) = 1.0;
  }
  for (int64_t i = 0; i < iterations; ++i) {
    const Matrix<double> b_query = backward(gram_query, factors.query);
    const Matrix<double> b_key = backward(gram_key, factors.key);
    factors.query = forward(gram_key, factors.key, b_query);
    factors.key = forward(gram_query, factors.query, b_key);
  }
  return factors;
}

}  // namespace aqua::attention
