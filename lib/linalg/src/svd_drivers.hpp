// The two LAPACK algorithms behind svd(), separately so that each is tested.
#pragma once

#include <optional>

#include "aqua/linalg/svd.hpp"

namespace aqua::linalg {

/// Divide and conquer (dgesdd). Nothing when it does not converge. A finite and not empty.
std::optional<Svd> svd_by_divide_and_conquer(ConstMatrixView<double> a);
/// Implicit QR iteration (dgesvd): slower, converges where dgesdd may not. The same contract.
std::optional<Svd> svd_by_qr_iteration(ConstMatrixView<double> a);

}  // namespace aqua::linalg
