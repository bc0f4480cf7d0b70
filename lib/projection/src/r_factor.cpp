#include "aqua/projection/r_factor.hpp"

#include <cmath>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/linalg/qr.hpp"

namespace aqua::projection {

RFactor::RFactor(Matrix<double> r, int64_t count) : r_(std::move(r)), count_(count) {
  if (r_.rows() != r_.cols()) {
    fail<FormatError>("R factor: expected a square matrix, found [{}, {}]", r_.rows(), r_.cols());
  }
  if (count_ < 0) fail<FormatError>("R factor: expected a count of at least 0, found {}", count_);
  for (int64_t i = 0; i < r_.rows(); ++i) {
    for (int64_t j = 0; j < r_.cols(); ++j) {
      const double value = r_(i, j);
      if (!std::isfinite(value)) {
        fail<FormatError>("R factor: expected finite values, found {} at ({}, {})", value, i, j);
      }
      if (j < i && value != 0.0) {
        fail<FormatError>("R factor: expected an upper triangular matrix, found {} at ({}, {})",
                          value, i, j);
      }
    }
  }
}

void RFactor::add_rows(ConstMatrixView<float> rows) {
  linalg::update_r_factor(rows, r_);
  count_ += rows.rows();
}

void RFactor::add_rows(ConstMatrixView<double> rows) {
  linalg::update_r_factor(rows, r_);
  count_ += rows.rows();
}

void RFactor::merge(const RFactor& other) {
  linalg::update_r_factor(other.r(), r_);
  count_ += other.count_;
}

RFactor RFactor::clone() const {
  RFactor copy;
  copy.r_ = r_.clone();
  copy.count_ = count_;
  return copy;
}

}  // namespace aqua::projection
