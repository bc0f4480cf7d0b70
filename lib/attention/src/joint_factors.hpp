// Joint low-rank factors of queries and keys by alternating least squares.
#pragma once

#include <cstdint>

#include "aqua/core/matrix.hpp"

namespace aqua::attention {

/// A_Q = Q·query and A_K = K·key, both maps [d, r].
struct JointFactors {
  Matrix<double> query;
  Matrix<double> key;
};

/// Minimises ½‖QKᵀ − A_Q·A_Kᵀ‖² + ½‖Q − A_Q·B_Q‖² + ½‖K − A_K·B_K‖² by `iterations` rounds of
/// alternating least squares over B_Q, B_K, A_Q, A_K, in this order (LRQK, arXiv 2510.23649, with
/// both penalties 1). gram_query = QᵀQ and gram_key = KᵀK, [d, d], are all that is needed: every
/// iterate of A_Q is Q times a [d, r] map, and likewise A_K. It begins with the r channels of
/// largest ‖Q[:,c]‖·‖K[:,c]‖, ties to the lower index.
JointFactors joint_factors(ConstMatrixView<double> gram_query, ConstMatrixView<double> gram_key,
                           int64_t rank, int64_t iterations);

}  // namespace aqua::attention
