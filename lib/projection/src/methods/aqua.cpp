#include <algorithm>

#include "singular_basis.hpp"

namespace aqua::projection {

Basis make_aqua(const BasisRequest& request) {
  const HeadStatistics& statistics = statistics_of(request);
  const int64_t d = request.head_dim;
  Matrix<double> stacked(2 * d, d);
  for (int64_t i = 0; i < d; ++i) {
    std::ranges::copy(statistics.query.r().row(i), stacked.row(i).begin());
    std::ranges::copy(statistics.key.r().row(i), stacked.row(d + i).begin());
  }
  return singular_basis(stacked);
}

}  // namespace aqua::projection
