// Triangular and orthonormal factors by Householder QR.
#pragma once

#include "aqua/core/matrix.hpp"

namespace aqua::linalg {

/// R [n,n] ← the upper-triangular factor of [R; rows], for rows [m,n] with any m. Starting from R =
/// 0 and adding the rows of A, some at a time, gives the R of A = Q·R without ever holding A. R
/// must be upper triangular and finite; its new diagonal is non-negative, so that it is unique when
/// A has full column rank. Backward stable: R is the exact factor of [R; rows] + E with ‖E‖ =
/// O(eps)·‖[R; rows]‖, whatever the condition number. NumericalError, with R unchanged, when a
/// value is not finite or R would overflow.
void update_r_factor(ConstMatrixView<float> rows, MatrixView<double> r);
void update_r_factor(ConstMatrixView<double> rows, MatrixView<double> r);

/// Orthonormal Q [m,n] of A = Q·R with the diagonal of R non-negative, m >= n. With A of
/// independent standard normals, a square Q is distributed by Haar measure (Mezzadri 2007).
Matrix<double> orthonormal_factor(ConstMatrixView<double> a);

}  // namespace aqua::linalg
