// What the methods that decompose R factors share.
#pragma once

#include "aqua/projection/basis.hpp"

namespace aqua::projection {

/// The request's statistics, with both factors checked to be [d,d].
const HeadStatistics& statistics_of(const BasisRequest& request);

/// The orthogonal basis of right singular vectors of a [n,d], n >= d, and its singular values. The
/// vectors of zero singular values complete it: V is [d,d] whatever the rank.
Basis singular_basis(ConstMatrixView<double> a);

}  // namespace aqua::projection
