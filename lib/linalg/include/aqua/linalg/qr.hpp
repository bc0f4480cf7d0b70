// Triangular factors by Householder QR.
#pragma once

#include "aqua/core/matrix.hpp"

namespace aqua::linalg {

/// The upper-triangular R [n,n] of A = Q·R, A [m,n] (m may be less than n: the missing rows of R
/// are zero). Diagonal non-negative, so R is unique when A has full column rank. A is overwritten.
/// Backward stable: RᵀR equals AᵀA up to O(eps)·‖A‖² columnwise.
void r_factor(MatrixView<double> a, MatrixView<double> r);

/// Orthonormal Q [m,n] of A = Q·R with the diagonal of R non-negative, m >= n. With A of
/// independent standard normals, a square Q is distributed by Haar measure (Mezzadri 2007).
Matrix<double> orthonormal_factor(ConstMatrixView<double> a);

}  // namespace aqua::linalg
