// The sufficient statistic of a set of vectors: the triangular factor R of their stacked rows.
#pragma once

#include <cstdint>

#include "aqua/core/matrix.hpp"

namespace aqua::projection {

/// R [d,d], upper triangular with non-negative diagonal, float64, with RᵀR = XᵀX for all rows X
/// [n,d] added so far, held without X. R has X's singular values and right singular vectors,
/// without squaring its condition number as XᵀX does. Factors merge exactly: the R of [R_a; R_b] is
/// the R of [X_a; X_b] (DESIGN: files, shards and machines combine in any order up to rounding).
class RFactor {
 public:
  RFactor() = default;
  /// No rows yet: R = 0.
  explicit RFactor(int64_t dim) : r_(dim, dim) {}
  /// From a stored factor; FormatError unless square, upper triangular, finite and count >= 0.
  RFactor(Matrix<double> r, int64_t count);

  int64_t dim() const { return r_.rows(); }
  /// Number of rows added, n.
  int64_t count() const { return count_; }
  ConstMatrixView<double> r() const { return r_; }

  /// Adds rows [m,d]: R becomes the factor of [R; rows] (linalg::update_r_factor). Large blocks are
  /// faster than single rows; 512 rows or more are best. NumericalError, with nothing added, when a
  /// value is not finite.
  void add_rows(ConstMatrixView<float> rows);
  void add_rows(ConstMatrixView<double> rows);
  /// Adds the rows behind another factor of the same dimension.
  void merge(const RFactor& other);
  RFactor clone() const;

 private:
  Matrix<double> r_;
  int64_t count_ = 0;
};

/// What calibration keeps of one KV head of one layer: the factor of the rows of its keys, and of
/// the rows of all queries of its group (G rows a token).
struct HeadStatistics {
  RFactor query;
  RFactor key;

  HeadStatistics() = default;
  explicit HeadStatistics(int64_t head_dim) : query(head_dim), key(head_dim) {}
  void merge(const HeadStatistics& other) {
    query.merge(other.query);
    key.merge(other.key);
  }
};

}  // namespace aqua::projection
