// Statistics of made-up queries and keys, as calibration would have them.
#pragma once

#include "aqua/projection/basis.hpp"
#include "matrices.hpp"

namespace aqua::projection {

inline RFactor factor_of(ConstMatrixView<double> rows) {
  RFactor factor(rows.cols());
  factor.add_rows(rows);
  return factor;
}

inline HeadStatistics statistics_of_rows(ConstMatrixView<double> queries,
                                         ConstMatrixView<double> keys) {
  HeadStatistics statistics;
  statistics.query = factor_of(queries);
  statistics.key = factor_of(keys);
  return statistics;
}

inline BasisRequest request_for(const HeadStatistics& statistics) {
  return {.statistics = &statistics, .head_dim = statistics.key.dim()};
}

}  // namespace aqua::projection
