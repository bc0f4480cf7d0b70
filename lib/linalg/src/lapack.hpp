// LAPACK's prototypes, and the meaning of its return codes.
#pragma once

#include <lapack.h>

#include <type_traits>

#include "arguments.hpp"

namespace aqua::linalg {

static_assert(std::is_same_v<lapack_int, BlasInt> || sizeof(lapack_int) == sizeof(BlasInt),
              "BLAS and LAPACK must agree on their integer");

/// A negative code says that an argument is wrong, which is a bug here: std::logic_error.
inline void require_valid_arguments(lapack_int info, std::string_view routine) {
  if (info < 0) {
    fail<std::logic_error>("{}: argument {} has an illegal value", routine, -info);
  }
}

/// For routines that cannot fail otherwise.
inline void require_success(lapack_int info, std::string_view routine) {
  require_valid_arguments(info, routine);
  if (info > 0) fail<NumericalError>("{}: failed with code {}", routine, info);
}

/// The workspace length that a routine answers to a query (lwork = -1), in its first element.
inline lapack_int workspace_length(double answer, std::string_view routine) {
  return blas_int(static_cast<int64_t>(answer), routine);
}

}  // namespace aqua::linalg
