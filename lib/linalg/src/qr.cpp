// A row-major A [m,n] is, to LAPACK, a column-major Aᵀ [n,m] at the same address. Its LQ
// factorisation Aᵀ = L·Q̃ gives A = Q̃ᵀ·Lᵀ, so R = Lᵀ and Q = Q̃ᵀ; and the lower triangle of a
// column-major L is the upper triangle of a row-major R. dgelqf and dorglq therefore work in place,
// without a transposition.
#include "aqua/linalg/qr.hpp"

#include <vector>

#include "lapack.hpp"

namespace aqua::linalg {
namespace {

/// Overwrites A with R in its upper triangle and the Householder vectors elsewhere. Returns their
/// factors tau [min(m,n)].
std::vector<double> factor_in_place(MatrixView<double> a) {
  const lapack_int n = blas_int(a.cols(), "dgelqf");
  const lapack_int m = blas_int(a.rows(), "dgelqf");
  const lapack_int lda = leading_dimension(a, "dgelqf", "A");
  std::vector<double> tau(static_cast<std::size_t>(std::min(m, n)));
  if (tau.empty()) return tau;

  lapack_int info = 0;
  double answer = 0.0;
  lapack_int lwork = -1;
  LAPACK_dgelqf(&n, &m, a.data(), &lda, tau.data(), &answer, &lwork, &info);
  require_success(info, "dgelqf");
  lwork = workspace_length(answer, "dgelqf");
  std::vector<double> work(static_cast<std::size_t>(lwork));
  LAPACK_dgelqf(&n, &m, a.data(), &lda, tau.data(), work.data(), &lwork, &info);
  require_success(info, "dgelqf");
  return tau;
}

}  // namespace

Matrix<double> orthonormal_factor(ConstMatrixView<double> a) {
  if (a.rows() < a.cols()) {
    fail<std::invalid_argument>("orthonormal_factor: A is [{}, {}], wider than tall", a.rows(),
                                a.cols());
  }
  auto q = Matrix<double>::copy_of(a);
  const std::vector<double> tau = factor_in_place(q);
  if (tau.empty()) return q;
  std::vector<double> signs(tau.size());
  for (int64_t j = 0; j < q.cols(); ++j) signs[j] = q(j, j) < 0.0 ? -1.0 : 1.0;

  const lapack_int n = blas_int(q.cols(), "dorglq");
  const lapack_int m = blas_int(q.rows(), "dorglq");
  lapack_int info = 0;
  double answer = 0.0;
  lapack_int lwork = -1;
  LAPACK_dorglq(&n, &m, &n, q.data(), &n, tau.data(), &answer, &lwork, &info);
  require_success(info, "dorglq");
  lwork = workspace_length(answer, "dorglq");
  std::vector<double> work(static_cast<std::size_t>(lwork));
  LAPACK_dorglq(&n, &m, &n, q.data(), &n, tau.data(), work.data(), &lwork, &info);
  require_success(info, "dorglq");

  for (int64_t i = 0; i < q.rows(); ++i) {
    for (int64_t j = 0; j < q.cols(); ++j) q(i, j) *= signs[j];
  }
  return q;
}

}  // namespace aqua::linalg
