// Slow and obvious matrix arithmetic for tests, and matrices with known properties. Sums run in
// long double, so that these references are more exact than what they check.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "aqua/core/matrix.hpp"
#include "aqua/core/random.hpp"

namespace aqua::test {

inline constexpr double eps = std::numeric_limits<double>::epsilon();

inline Matrix<double> transposed(ConstMatrixView<double> a) {
  Matrix<double> t(a.cols(), a.rows());
  for (int64_t i = 0; i < a.rows(); ++i) {
    for (int64_t j = 0; j < a.cols(); ++j) t(j, i) = a(i, j);
  }
  return t;
}

inline Matrix<double> multiply(ConstMatrixView<double> a, ConstMatrixView<double> b) {
  Matrix<double> c(a.rows(), b.cols());
  for (int64_t i = 0; i < c.rows(); ++i) {
    for (int64_t j = 0; j < c.cols(); ++j) {
      long double sum = 0;
      for (int64_t k = 0; k < a.cols(); ++k) sum += static_cast<long double>(a(i, k)) * b(k, j);
      c(i, j) = static_cast<double>(sum);
    }
  }
  return c;
}

inline Matrix<double> gram(ConstMatrixView<double> a) { return multiply(transposed(a), a); }

/// One above the other.
inline Matrix<double> stacked(ConstMatrixView<double> above, ConstMatrixView<double> below) {
  Matrix<double> c(above.rows() + below.rows(), above.cols());
  for (int64_t i = 0; i < above.rows(); ++i) std::ranges::copy(above.row(i), c.row(i).begin());
  for (int64_t i = 0; i < below.rows(); ++i) {
    std::ranges::copy(below.row(i), c.row(above.rows() + i).begin());
  }
  return c;
}

inline double frobenius(ConstMatrixView<double> a) {
  long double sum = 0;
  for (int64_t i = 0; i < a.rows(); ++i) {
    for (const double value : a.row(i)) sum += static_cast<long double>(value) * value;
  }
  return static_cast<double>(std::sqrt(sum));
}

/// ‖A − B‖_F.
inline double distance(ConstMatrixView<double> a, ConstMatrixView<double> b) {
  auto difference = Matrix<double>::copy_of(a);
  for (int64_t i = 0; i < a.rows(); ++i) {
    for (int64_t j = 0; j < a.cols(); ++j) difference(i, j) -= b(i, j);
  }
  return frobenius(difference);
}

/// ‖AᵀA − I‖_F: how far the columns are from orthonormal.
inline double orthogonality_error(ConstMatrixView<double> a) {
  return distance(gram(a), Matrix<double>::identity(a.cols()));
}

/// Sine of the largest principal angle between the spans of the orthonormal columns of u and v,
/// bounded from above by ‖(I − UUᵀ)V‖_F.
inline double subspace_angle(ConstMatrixView<double> u, ConstMatrixView<double> v) {
  return distance(v, multiply(u, multiply(transposed(u), v)));
}

inline Matrix<double> random_normal(int64_t rows, int64_t cols, uint64_t seed) {
  Random random(seed, Random::Purpose::test);
  Matrix<double> a(rows, cols);
  for (int64_t i = 0; i < rows; ++i) {
    for (double& value : a.row(i)) value = random.normal();
  }
  return a;
}

/// Orthonormal columns [rows, cols], rows >= cols, by Gram and Schmidt, twice for orthogonality.
inline Matrix<double> random_orthonormal(int64_t rows, int64_t cols, uint64_t seed) {
  Matrix<double> q = random_normal(rows, cols, seed);
  for (int64_t j = 0; j < cols; ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (int64_t k = 0; k < j; ++k) {
        long double dot = 0;
        for (int64_t i = 0; i < rows; ++i) dot += static_cast<long double>(q(i, j)) * q(i, k);
        for (int64_t i = 0; i < rows; ++i) q(i, j) -= static_cast<double>(dot * q(i, k));
      }
    }
    long double norm = 0;
    for (int64_t i = 0; i < rows; ++i) norm += static_cast<long double>(q(i, j)) * q(i, j);
    for (int64_t i = 0; i < rows; ++i) q(i, j) /= static_cast<double>(std::sqrt(norm));
  }
  return q;
}

/// U·diag(s)·Vᵀ [rows, cols] with random orthonormal U and V; s has min(rows, cols) values or
/// fewer.
inline Matrix<double> with_spectrum(int64_t rows, int64_t cols, std::span<const double> s,
                                    uint64_t seed) {
  const auto rank = static_cast<int64_t>(s.size());
  Matrix<double> u = random_orthonormal(rows, rank, 2 * seed);
  const Matrix<double> v = random_orthonormal(cols, rank, 2 * seed + 1);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < rank; ++j) u(i, j) *= s[j];
  }
  return multiply(u, transposed(v));
}

/// count values falling evenly in logarithm from 1 to 1/condition.
inline std::vector<double> geometric_spectrum(int64_t count, double condition) {
  std::vector<double> s(static_cast<std::size_t>(count), 1.0);
  for (int64_t i = 1; i < count; ++i) {
    s[i] = std::pow(condition, -static_cast<double>(i) / static_cast<double>(count - 1));
  }
  return s;
}

}  // namespace aqua::test
