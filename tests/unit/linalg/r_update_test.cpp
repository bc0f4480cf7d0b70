#include <fmt/format.h>
#include <gmock/gmock.h>

#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

#include "aqua/core/error.hpp"
#include "aqua/linalg/qr.hpp"
#include "aqua/linalg/svd.hpp"
#include "matrices.hpp"

namespace aqua::linalg {
namespace {

using test::eps;

template <class T>
Matrix<double> factor_of(ConstMatrixView<T> a, int64_t rows_at_a_time) {
  Matrix<double> r(a.cols(), a.cols());
  for (int64_t i = 0; i < a.rows(); i += rows_at_a_time) {
    update_r_factor(a.rows(i, std::min(rows_at_a_time, a.rows() - i)), r);
  }
  return r;
}

/// R is upper triangular with a non-negative diagonal; RᵀR = AᵀA; and R has the singular values of
/// A, which LAPACK finds from A itself. Backward errors of Householder QR are modest multiples of
/// eps·‖A‖; d of them allows for one update after another.
template <class T>
void check_factor(ConstMatrixView<T> a, int64_t rows_at_a_time) {
  SCOPED_TRACE(fmt::format("[{}, {}] by {}", a.rows(), a.cols(), rows_at_a_time));
  const Matrix<double> r = factor_of(a, rows_at_a_time);
  const auto exact = Matrix<double>::copy_of(a);
  const double norm = test::frobenius(exact);
  const double tolerance = 4.0 * static_cast<double>(std::max<int64_t>(a.cols(), 8)) * eps;
  for (int64_t i = 0; i < r.rows(); ++i) {
    EXPECT_GE(r(i, i), 0.0);
    for (int64_t j = 0; j < i; ++j) EXPECT_EQ(r(i, j), 0.0);
  }
  EXPECT_LE(test::distance(test::gram(r), test::gram(exact)), tolerance * norm * norm);

  const std::vector<double> found = svd(r).s;
  std::vector<double> expected = svd(exact).s;
  expected.resize(found.size());  // fewer rows than columns: the rest are zero
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], tolerance * norm) << "singular value " << i;
  }
}

TEST(UpdateRFactor, ShapesAndBlockSizes) {
  for (const int64_t d : {1, 2, 7, 8, 9, 16, 24, 31, 64, 80}) {
    for (const int64_t rows : {1, 3, 4, 5, 70}) {
      const auto a = Matrix<float>::copy_of(test::random_normal(rows, d, 1).view());
      check_factor<float>(a, rows);
      check_factor<float>(a, 3);
    }
  }
  const auto tall = Matrix<float>::copy_of(test::random_normal(700, 33, 2).view());
  for (const int64_t by : {1, 127, 128, 129, 512, 700}) check_factor<float>(tall, by);
}

TEST(UpdateRFactor, DoubleRows) {
  check_factor<double>(test::random_normal(50, 20, 3), 17);
  check_factor<double>(test::random_normal(5, 20, 4), 5);
}

// What a Cholesky factor of the Gram matrix could not do: singular values down to 1e-8 and below of
// the largest, each to eps times the largest.
TEST(UpdateRFactor, KeepsSmallSingularValues) {
  const auto spectrum = test::geometric_spectrum(32, 1e8);
  check_factor<double>(test::with_spectrum(300, 32, spectrum, 5), 64);
  check_factor<float>(Matrix<float>::copy_of(test::with_spectrum(300, 32, spectrum, 5).view()), 64);
  check_factor<double>(test::with_spectrum(100, 16, test::geometric_spectrum(16, 1e15), 6), 30);
}

TEST(UpdateRFactor, GradedColumns) {
  auto a = Matrix<float>::copy_of(test::random_normal(200, 24, 7).view());
  for (int64_t i = 0; i < a.rows(); ++i) {
    for (int64_t j = 0; j < a.cols(); ++j)
      a(i, j) *= std::pow(10.0F, static_cast<float>(j % 13 - 6));
  }
  check_factor<float>(a, 50);
}

TEST(UpdateRFactor, RankDeficient) {
  check_factor<double>(test::with_spectrum(90, 24, test::geometric_spectrum(5, 100), 8), 40);
  check_factor<float>(Matrix<float>(20, 12), 7);
  // Equal rows, and a zero column in the middle.
  Matrix<float> duplicates(60, 10);
  const Matrix<double> row = test::random_normal(1, 10, 9);
  for (int64_t i = 0; i < 60; ++i) {
    for (int64_t j = 0; j < 10; ++j)
      duplicates(i, j) = j == 4 ? 0.0F : static_cast<float>(row(0, j));
  }
  check_factor<float>(duplicates, 16);
}

TEST(UpdateRFactor, StridedRows) {
  const auto storage = Matrix<float>::copy_of(test::random_normal(40, 30, 10).view());
  check_factor<float>(storage.view().columns(5, 12), 9);
}

TEST(UpdateRFactor, NothingToAdd) {
  Matrix<double> r = factor_of<double>(test::random_normal(9, 4, 11), 9);
  const Matrix<double> before = r.clone();
  update_r_factor(Matrix<float>(0, 4), r);
  EXPECT_EQ(test::distance(r, before), 0.0);
  Matrix<double> none;
  EXPECT_NO_THROW(update_r_factor(Matrix<float>(), none));
}

TEST(UpdateRFactor, OneByOneIsTheNorm) {
  Matrix<double> r(1, 1);
  r(0, 0) = 12.0;
  Matrix<float> rows(2, 1);
  rows(0, 0) = -3.0F;
  rows(1, 0) = 4.0F;
  update_r_factor(rows, r);
  EXPECT_NEAR(r(0, 0), 13.0, 13.0 * eps);
}

TEST(UpdateRFactor, EqualInputEqualBits) {
  const auto a = Matrix<float>::copy_of(test::random_normal(300, 20, 12).view());
  EXPECT_EQ(test::distance(factor_of<float>(a, 64), factor_of<float>(a, 64)), 0.0);
}

// Powers of two change neither digits nor rounding, so the result must scale exactly, although
// squares of these values leave the range of doubles.
TEST(UpdateRFactor, ExtremeScales) {
  const Matrix<double> a = test::random_normal(30, 6, 13);
  const Matrix<double> r = factor_of<double>(a, 10);
  for (const int exponent : {-1000, -600, 600, 1000}) {
    Matrix<double> scaled = a.clone();
    for (int64_t i = 0; i < scaled.size(); ++i) {
      scaled.data()[i] = std::ldexp(scaled.data()[i], exponent);
    }
    Matrix<double> found = factor_of<double>(scaled, 10);
    for (int64_t i = 0; i < found.size(); ++i) {
      found.data()[i] = std::ldexp(found.data()[i], -exponent);
    }
    EXPECT_LE(test::distance(found, r), 6 * eps * test::frobenius(r)) << exponent;
  }
  Matrix<float> denormal(3, 2);
  denormal(0, 0) = denormal(1, 1) = std::numeric_limits<float>::denorm_min();
  Matrix<double> tiny(2, 2);
  update_r_factor(denormal, tiny);
  EXPECT_DOUBLE_EQ(tiny(0, 0), double{std::numeric_limits<float>::denorm_min()});
  Matrix<float> largest(2, 1);
  largest(0, 0) = largest(1, 0) = std::numeric_limits<float>::max();
  Matrix<double> large(1, 1);
  update_r_factor(largest, large);
  EXPECT_DOUBLE_EQ(large(0, 0), std::sqrt(2.0) * double{std::numeric_limits<float>::max()});
}

template <class T>
std::string numerical_error(ConstMatrixView<T> rows, MatrixView<double> r) {
  try {
    update_r_factor(rows, r);
  } catch (const NumericalError& error) {
    return error.what();
  }
  return "no exception";
}

TEST(UpdateRFactor, NotFinite) {
  Matrix<double> r = factor_of<double>(test::random_normal(9, 4, 14), 9);
  const Matrix<double> before = r.clone();
  Matrix<float> rows(300, 4);
  rows(299, 2) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(numerical_error<float>(rows, r), "R factor: row 299 of 300 holds nan in column 2");
  rows(1, 3) = -std::numeric_limits<float>::infinity();
  EXPECT_EQ(numerical_error<float>(rows, r), "R factor: row 1 of 300 holds -inf in column 3");
  EXPECT_EQ(test::distance(r, before), 0.0) << "R must stay as it was";

  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    r(0, 0) = bad;
    EXPECT_EQ(numerical_error<float>(Matrix<float>(1, 4), r),
              "R factor: holds a value that is not finite");
  }
}

TEST(UpdateRFactor, Overflow) {
  Matrix<double> r(1, 1);
  Matrix<double> rows(4, 1);
  std::fill_n(rows.data(), 4, std::numeric_limits<double>::max());
  EXPECT_EQ(numerical_error<double>(rows, r), "R factor: overflow of double precision");
  EXPECT_EQ(r(0, 0), 0.0);
}

TEST(UpdateRFactor, ExtentsMustAgree) {
  Matrix<double> r(4, 4);
  try {
    update_r_factor(Matrix<float>(2, 3), r);
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "update_r_factor: rows are [2, 3], R [4, 4]");
  }
}

}  // namespace
}  // namespace aqua::linalg
