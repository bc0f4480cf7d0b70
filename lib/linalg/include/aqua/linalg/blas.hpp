// Matrix products. The only way to BLAS: no other module includes its headers.
#pragma once

#include "aqua/core/matrix.hpp"

namespace aqua::linalg {

enum class Op { none, transpose };

/// C ← alpha·op(A)·op(B) + beta·C, row-major, with op(A) [m,k], op(B) [k,n], C [m,n]; extents are
/// taken from the views and must agree. With beta = 0, C is not read. Single-threaded inside
/// (see use_one_blas_thread); safe to call from several threads at once.
void gemm(Op op_a, Op op_b, float alpha, ConstMatrixView<float> a, ConstMatrixView<float> b,
          float beta, MatrixView<float> c);
void gemm(Op op_a, Op op_b, double alpha, ConstMatrixView<double> a, ConstMatrixView<double> b,
          double beta, MatrixView<double> c);

/// op(A)·op(B) as a new matrix.
Matrix<double> product(Op op_a, Op op_b, ConstMatrixView<double> a, ConstMatrixView<double> b);

}  // namespace aqua::linalg
