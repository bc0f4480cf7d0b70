#include "singular_basis.hpp"

#include <stdexcept>

#include "aqua/core/error.hpp"
#include "aqua/linalg/svd.hpp"

namespace aqua::projection {

const HeadStatistics& statistics_of(const BasisRequest& request) {
  if (request.statistics == nullptr) {
    fail<std::invalid_argument>("basis: this method needs statistics");
  }
  const HeadStatistics& statistics = *request.statistics;
  if (statistics.query.dim() != request.head_dim || statistics.key.dim() != request.head_dim) {
    fail<std::invalid_argument>(
        "basis: head dimension {}, statistics of {} (queries) and {} (keys)", request.head_dim,
        statistics.query.dim(), statistics.key.dim());
  }
  return statistics;
}

Basis singular_basis(ConstMatrixView<double> a) {
  linalg::Svd svd = linalg::svd(a);
  linalg::fix_column_signs(svd.v);
  Matrix<double> copy = svd.v.clone();
  return {.query_map = std::move(svd.v),
          .key_map = std::move(copy),
          .singular_values = std::move(svd.s),
          .orthogonal = true};
}

}  // namespace aqua::projection
