// Singular value decomposition in double precision.
#pragma once

#include <vector>

#include "aqua/core/matrix.hpp"

namespace aqua::linalg {

/// A = U·diag(s)·Vᵀ with s falling. A is [m,n], r = min(m,n).
struct Svd {
  Matrix<double> u;       ///< [m,r], orthonormal columns: left singular vectors
  std::vector<double> s;  ///< [r], s[0] >= s[1] >= … >= 0
  Matrix<double> v;       ///< [n,r], orthonormal columns: right singular vectors
};

/// Divide and conquer (dgesdd), with QR iteration (dgesvd) if that does not converge.
/// NumericalError when A holds a value that is not finite or when neither converges. Empty A gives
/// empty factors.
Svd svd(ConstMatrixView<double> a);

/// Flips each column of V (and of every matrix in `along`) so that its entry of largest magnitude
/// is positive, the first such entry on ties. Makes a basis reproducible; singular vectors are only
/// defined up to sign.
void fix_column_signs(MatrixView<double> v, MatrixView<double> along = {});

}  // namespace aqua::linalg
