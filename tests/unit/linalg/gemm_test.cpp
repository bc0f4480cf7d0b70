#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "aqua/linalg/blas.hpp"
#include "matrices.hpp"

namespace aqua::linalg {
namespace {

constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();

/// A random matrix inside a wider one, whose other elements must not matter and must not change.
template <class T>
struct Strided {
  Strided(int64_t rows, int64_t cols, uint64_t seed)
      : storage(rows, cols + 3), view(storage.data() + 1, rows, cols, cols + 3) {
    std::fill_n(storage.data(), storage.size(), static_cast<T>(quiet_nan));
    const Matrix<double> normals = test::random_normal(rows, cols, seed);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < cols; ++j) view(i, j) = static_cast<T>(normals(i, j));
    }
  }
  Matrix<T> storage;
  MatrixView<T> view;
};

template <class T>
class Gemm : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Types);

/// Each element is a sum of k products, scaled and added to: its rounding error is at most
/// (k + 3)·eps times the same sum over magnitudes (Higham 2002, 3.1).
template <class T>
void check_product(Op op_a, Op op_b, T alpha, T beta, int64_t m, int64_t n, int64_t k) {
  SCOPED_TRACE(fmt::format("op {} {} alpha {} beta {} [{}, {}, {}]", static_cast<int>(op_a),
                           static_cast<int>(op_b), alpha, beta, m, n, k));
  const Strided<T> a(op_a == Op::none ? m : k, op_a == Op::none ? k : m, 1);
  const Strided<T> b(op_b == Op::none ? k : n, op_b == Op::none ? n : k, 2);
  Strided<T> c(m, n, 3);
  const auto before = Matrix<T>::copy_of(c.view);
  gemm(op_a, op_b, alpha, a.view, b.view, beta, c.view);

  const double unit = std::numeric_limits<T>::epsilon();
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = static_cast<double>(beta) * before(i, j);
      double magnitude = std::abs(sum);
      for (int64_t l = 0; l < k; ++l) {
        const double x = op_a == Op::none ? a.view(i, l) : a.view(l, i);
        const double y = op_b == Op::none ? b.view(l, j) : b.view(j, l);
        sum += alpha * x * y;
        magnitude += std::abs(alpha * x * y);
      }
      EXPECT_NEAR(c.view(i, j), sum, static_cast<double>(k + 3) * unit * magnitude);
    }
    EXPECT_TRUE(std::isnan(c.storage(i, 0)) && std::isnan(c.storage(i, n + 1)));
  }
}

TYPED_TEST(Gemm, AgreesWithTheDefinition) {
  using T = TypeParam;
  for (const Op op_a : {Op::none, Op::transpose}) {
    for (const Op op_b : {Op::none, Op::transpose}) {
      check_product<T>(op_a, op_b, 1, 0, 5, 7, 3);
      check_product<T>(op_a, op_b, T(-0.5), T(2), 17, 1, 33);
      check_product<T>(op_a, op_b, 1, 1, 1, 1, 1);
      check_product<T>(op_a, op_b, T(1.5), 0, 64, 65, 66);
      check_product<T>(op_a, op_b, 1, T(0.25), 4, 3, 0);  // an empty sum: C ← beta·C
    }
  }
}

TYPED_TEST(Gemm, DoesNotReadCWhenBetaIsZero) {
  using T = TypeParam;
  for (const int64_t n : {1, 3, 64, 130}) {
    const Matrix<T> a = Matrix<T>::identity(n);
    Matrix<T> c(n, n);
    std::fill_n(c.data(), c.size(), static_cast<T>(quiet_nan));
    gemm(Op::none, Op::transpose, T{1}, a, a, T{0}, c);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) ASSERT_EQ(c(i, j), i == j ? T{1} : T{0});
    }
  }
}

TYPED_TEST(Gemm, EmptyResult) {
  using T = TypeParam;
  const Matrix<T> none(0, 4);
  const Matrix<T> square(4, 4);
  Matrix<T> c(0, 4);
  EXPECT_NO_THROW(gemm(Op::none, Op::none, T{1}, none, square, T{0}, c));
}

std::string message_of(const ConstMatrixView<double> a, const ConstMatrixView<double> b,
                       const MatrixView<double> c) {
  try {
    gemm(Op::none, Op::transpose, 1.0, a, b, 0.0, c);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no exception";
}

TEST(GemmArguments, ExtentsMustAgree) {
  Matrix<double> c(2, 4);
  EXPECT_EQ(message_of(Matrix<double>(2, 3), Matrix<double>(4, 5), c),
            "gemm: op(A) is [2, 3], op(B) [5, 4], C [2, 4]");
  EXPECT_EQ(message_of(Matrix<double>(3, 3), Matrix<double>(4, 3), c),
            "gemm: op(A) is [3, 3], op(B) [3, 4], C [2, 4]");
  EXPECT_EQ(message_of(Matrix<double>(2, 3), Matrix<double>(5, 3), c),
            "gemm: op(A) is [2, 3], op(B) [3, 5], C [2, 4]");
}

TEST(GemmArguments, StrideMustHoldARow) {
  Matrix<double> storage(4, 4);
  const MatrixView<double> overlapping(storage.data(), 2, 3, 2);
  EXPECT_EQ(message_of(overlapping, Matrix<double>(4, 3), MatrixView<double>(storage.data(), 2, 4)),
            "gemm: A is [2, 3] with stride 2");
}

TEST(GemmArguments, ExtentsMustFitTheLibrary) {
  constexpr int64_t huge = int64_t{1} << 31U;
  const MatrixView<double> a(nullptr, huge, 0, 0);
  const MatrixView<double> c(nullptr, huge, 0, 0);
  EXPECT_EQ(message_of(a, Matrix<double>(0, 0), c),
            "gemm: extent 2147483648 does not fit the BLAS integer");
}

TEST(Product, ReturnsANewMatrix) {
  const Matrix<double> a = test::random_normal(6, 4, 1);
  const Matrix<double> b = test::random_normal(6, 5, 2);
  const Matrix<double> c = product(Op::transpose, Op::none, a, b);
  EXPECT_EQ(c.rows(), 4);
  EXPECT_EQ(c.cols(), 5);
  const double tolerance = 6 * test::eps * test::frobenius(a) * test::frobenius(b);
  EXPECT_LE(test::distance(c, test::multiply(test::transposed(a), b)), tolerance);
  EXPECT_LE(test::distance(product(Op::transpose, Op::transpose, a, test::transposed(b)), c),
            tolerance);
}

}  // namespace
}  // namespace aqua::linalg
