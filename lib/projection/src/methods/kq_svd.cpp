// KQ-SVD. With K = Q_k·R_k and Q = Q_q·R_q, K·Qᵀ = Q_k·(R_k·R_qᵀ)·Q_qᵀ, so the SVD of the small
// middle matrix U'SV'ᵀ is that of all dot products. The maps here satisfy K·key_map = Q_k·U' and
// Q·query_map = Q_q·V'·S, whose product over the first r columns is the SVD cut off after r terms:
// optimal by Eckart and Young.
#include <limits>

#include "aqua/linalg/blas.hpp"
#include "aqua/linalg/svd.hpp"
#include "singular_basis.hpp"

namespace aqua::projection {

Basis make_kq_svd(const BasisRequest& request) {
  using linalg::Op;
  const HeadStatistics& statistics = statistics_of(request);
  const auto r_query = statistics.query.r();
  const auto r_key = statistics.key.r();

  linalg::Svd svd = linalg::svd(linalg::product(Op::none, Op::transpose, r_key, r_query));
  Basis basis{.query_map = linalg::product(Op::transpose, Op::none, r_key, svd.u),
              .key_map = linalg::product(Op::transpose, Op::none, r_query, svd.v),
              .singular_values = std::move(svd.s),
              .orthogonal = false};

  const int64_t d = request.head_dim;
  const std::vector<double>& s = basis.singular_values;
  const double negligible =
      d == 0 ? 0.0 : static_cast<double>(d) * std::numeric_limits<double>::epsilon() * s.front();
  for (int64_t i = 0; i < d; ++i) {
    for (int64_t j = 0; j < d; ++j) {
      basis.key_map(i, j) = s[j] > negligible ? basis.key_map(i, j) / s[j] : 0.0;
    }
  }
  linalg::fix_column_signs(basis.query_map, basis.key_map);
  return basis;
}

}  // namespace aqua::projection
