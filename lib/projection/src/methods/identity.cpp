#include "aqua/projection/basis.hpp"

namespace aqua::projection {

Basis make_identity(const BasisRequest& request) {
  return {.query_map = Matrix<double>::identity(request.head_dim),
          .key_map = Matrix<double>::identity(request.head_dim),
          .singular_values = {},
          .orthogonal = true};
}

}  // namespace aqua::projection
