// Checks that stand between 64-bit views and the integers of BLAS and LAPACK. A violation is a
// mistake of the calling code, never of the user: std::invalid_argument.
#pragma once

#include <cblas.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/core/matrix.hpp"

namespace aqua::linalg {

/// The integer of this BLAS: 32 bits wide in Debian's default library.
using BlasInt = blasint;

inline BlasInt blas_int(int64_t value, std::string_view routine) {
  if (!std::in_range<BlasInt>(value)) {
    fail<std::invalid_argument>("{}: extent {} does not fit the BLAS integer", routine, value);
  }
  return static_cast<BlasInt>(value);
}

/// The leading dimension of a row-major view, at least 1 as BLAS requires. The stride of a single
/// row is never used and may be anything.
template <class T>
BlasInt leading_dimension(MatrixView<T> a, std::string_view routine, std::string_view name) {
  if (a.rows() < 0 || a.cols() < 0 || (a.rows() > 1 && a.stride() < a.cols())) {
    fail<std::invalid_argument>("{}: {} is [{}, {}] with stride {}", routine, name, a.rows(),
                                a.cols(), a.stride());
  }
  return blas_int(std::max({a.stride(), a.cols(), int64_t{1}}), routine);
}

}  // namespace aqua::linalg
