#include "aqua/linalg/blas.hpp"
#include "arguments.hpp"

namespace aqua::linalg {
namespace {

CBLAS_TRANSPOSE transposition(Op op) { return op == Op::none ? CblasNoTrans : CblasTrans; }

/// Extents of op(A)·op(B) as BLAS takes them.
struct Problem {
  CBLAS_TRANSPOSE op_a, op_b;
  BlasInt m, n, k, lda, ldb, ldc;
};

template <class T>
Problem checked(Op op_a, Op op_b, ConstMatrixView<T> a, ConstMatrixView<T> b, MatrixView<T> c) {
  const auto [m, k] =
      op_a == Op::none ? std::pair(a.rows(), a.cols()) : std::pair(a.cols(), a.rows());
  const auto [kb, n] =
      op_b == Op::none ? std::pair(b.rows(), b.cols()) : std::pair(b.cols(), b.rows());
  if (kb != k || c.rows() != m || c.cols() != n) {
    fail<std::invalid_argument>("gemm: op(A) is [{}, {}], op(B) [{}, {}], C [{}, {}]", m, k, kb, n,
                                c.rows(), c.cols());
  }
  return {.op_a = transposition(op_a),
          .op_b = transposition(op_b),
          .m = blas_int(m, "gemm"),
          .n = blas_int(n, "gemm"),
          .k = blas_int(k, "gemm"),
          .lda = leading_dimension(a, "gemm", "A"),
          .ldb = leading_dimension(b, "gemm", "B"),
          .ldc = leading_dimension(c, "gemm", "C")};
}

}  // namespace

void gemm(Op op_a, Op op_b, float alpha, ConstMatrixView<float> a, ConstMatrixView<float> b,
          float beta, MatrixView<float> c) {
  const Problem p = checked(op_a, op_b, a, b, c);
  cblas_sgemm(CblasRowMajor, p.op_a, p.op_b, p.m, p.n, p.k, alpha, a.data(), p.lda, b.data(), p.ldb,
              beta, c.data(), p.ldc);
}

void gemm(Op op_a, Op op_b, double alpha, ConstMatrixView<double> a, ConstMatrixView<double> b,
          double beta, MatrixView<double> c) {
  const Problem p = checked(op_a, op_b, a, b, c);
  cblas_dgemm(CblasRowMajor, p.op_a, p.op_b, p.m, p.n, p.k, alpha, a.data(), p.lda, b.data(), p.ldb,
              beta, c.data(), p.ldc);
}

Matrix<double> product(Op op_a, Op op_b, ConstMatrixView<double> a, ConstMatrixView<double> b) {
  Matrix<double> c(op_a == Op::none ? a.rows() : a.cols(), op_b == Op::none ? b.cols() : b.rows());
  gemm(op_a, op_b, 1.0, a, b, 0.0, c);
  return c;
}

}  // namespace aqua::linalg
