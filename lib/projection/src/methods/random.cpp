#include "aqua/core/random.hpp"
#include "aqua/linalg/qr.hpp"
#include "aqua/projection/basis.hpp"

namespace aqua::projection {

Basis make_random(const BasisRequest& request) {
  const auto head =
      static_cast<uint64_t>(request.layer.value) << 32U | static_cast<uint64_t>(request.kv_head);
  Random random(request.seed, Random::Purpose::random_basis, head);
  Matrix<double> normals(request.head_dim, request.head_dim);
  for (int64_t i = 0; i < normals.rows(); ++i) {
    for (double& value : normals.row(i)) value = random.normal();
  }
  Matrix<double> q = linalg::orthonormal_factor(normals);
  Matrix<double> copy = q.clone();
  return {.query_map = std::move(q),
          .key_map = std::move(copy),
          .singular_values = {},
          .orthogonal = true};
}

}  // namespace aqua::projection
