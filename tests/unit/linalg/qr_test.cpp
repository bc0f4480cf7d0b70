#include "aqua/linalg/qr.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <stdexcept>

#include "matrices.hpp"

namespace aqua::linalg {
namespace {

using test::eps;

/// Orthonormal to working precision, and QᵀA upper triangular with a non-negative diagonal: Q is
/// the factor. Householder's bounds have constants of order sqrt(mn); 10·m covers them.
void check_factor(ConstMatrixView<double> a) {
  SCOPED_TRACE(fmt::format("[{}, {}]", a.rows(), a.cols()));
  const Matrix<double> q = orthonormal_factor(a);
  ASSERT_EQ(q.rows(), a.rows());
  ASSERT_EQ(q.cols(), a.cols());
  const double tolerance = 10.0 * static_cast<double>(a.rows()) * eps;
  EXPECT_LE(test::orthogonality_error(q), tolerance);

  const Matrix<double> r = test::multiply(test::transposed(q), a);
  const double norm = test::frobenius(a);
  EXPECT_LE(test::distance(test::multiply(q, r), a), tolerance * norm);
  for (int64_t i = 0; i < r.rows(); ++i) {
    EXPECT_GE(r(i, i), -tolerance * norm);
    for (int64_t j = 0; j < i; ++j) EXPECT_LE(std::abs(r(i, j)), tolerance * norm);
  }
}

TEST(OrthonormalFactor, Shapes) {
  check_factor(test::random_normal(1, 1, 1));
  check_factor(test::random_normal(5, 5, 2));
  check_factor(test::random_normal(64, 64, 3));
  check_factor(test::random_normal(50, 7, 4));
  check_factor(test::random_normal(9, 1, 5));
}

TEST(OrthonormalFactor, IllConditionedAndDeficient) {
  check_factor(test::with_spectrum(20, 12, test::geometric_spectrum(12, 1e8), 6));
  check_factor(test::with_spectrum(20, 12, test::geometric_spectrum(4, 10), 7));
  check_factor(Matrix<double>(6, 4));
}

TEST(OrthonormalFactor, SignFollowsTheDiagonal) {
  Matrix<double> a(1, 1);
  a(0, 0) = -3.0;
  EXPECT_EQ(orthonormal_factor(a)(0, 0), -1.0);
}

TEST(OrthonormalFactor, StridedAndEmpty) {
  Matrix<double> storage = test::random_normal(8, 10, 8);
  check_factor(storage.view().columns(2, 5));
  EXPECT_EQ(orthonormal_factor(Matrix<double>(3, 0)).rows(), 3);
  EXPECT_TRUE(orthonormal_factor(Matrix<double>()).empty());
}

TEST(OrthonormalFactor, RefusesWideMatrices) {
  try {
    orthonormal_factor(Matrix<double>(2, 3));
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "orthonormal_factor: A is [2, 3], wider than tall");
  }
}

}  // namespace
}  // namespace aqua::linalg
