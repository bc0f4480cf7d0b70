// The kernel at every vector width: update_r_factor itself runs only the one that suits this CPU.
#include "r_update_kernel.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "matrices.hpp"

namespace aqua::linalg {
namespace {

using test::eps;

template <int lanes>
Matrix<double> packed(ConstMatrixView<double> b) {
  Matrix<double> out(b.rows(), b.cols());
  double* next = out.data();
  for (int64_t j = 0; j < b.cols(); j += lanes) {
    for (int64_t i = 0; i < b.rows(); ++i) {
      for (int64_t l = 0; l < lanes; ++l) *next++ = b(i, j + l);
    }
  }
  return out;
}

void keep_upper_triangle(Matrix<double>& r) {
  for (int64_t i = 0; i < r.rows(); ++i) std::fill_n(r.row(i).begin(), i, 0.0);
}

template <class Lanes>
class RUpdateKernelTest : public ::testing::Test {};
using Widths = ::testing::Types<std::integral_constant<int, 2>, std::integral_constant<int, 4>,
                                std::integral_constant<int, 8>>;
TYPED_TEST_SUITE(RUpdateKernelTest, Widths);

// Orthogonal transformations keep the Gram matrix. Householder's backward error is a modest
// multiple of eps·‖A‖ (Higham 2002, 19.3), which moves the Gram matrix by twice that times ‖A‖.
TYPED_TEST(RUpdateKernelTest, KeepsTheGramMatrix) {
  constexpr int lanes = TypeParam::value;
  for (const int64_t vectors : {1, 2, 3, 6}) {
    for (const int64_t rows : {4, 12, 100}) {
      SCOPED_TRACE(fmt::format("{} vectors of {}, {} rows", vectors, lanes, rows));
      const int64_t cols = vectors * lanes;
      Matrix<double> r = test::random_normal(cols, cols, 1);
      keep_upper_triangle(r);
      const Matrix<double> b = test::random_normal(rows, cols, 2);
      const Matrix<double> a = test::stacked(r, b);

      Matrix<double> scratch = packed<lanes>(b);
      RUpdateKernel<lanes>(r.data(), scratch.data(), rows, cols).run();
      keep_upper_triangle(r);
      const double norm = test::frobenius(a);
      const double tolerance = 2.0 * static_cast<double>(cols) * eps * norm * norm;
      EXPECT_LE(test::distance(test::gram(r), test::gram(a)), tolerance);
    }
  }
}

TYPED_TEST(RUpdateKernelTest, ZeroRowsAndColumnsChangeNothing) {
  constexpr int lanes = TypeParam::value;
  constexpr int64_t cols = 2 * lanes;
  Matrix<double> r = test::random_normal(cols, cols, 3);
  keep_upper_triangle(r);
  const Matrix<double> before = r.clone();
  Matrix<double> zeros(8, cols);
  RUpdateKernel<lanes>(r.data(), zeros.data(), 8, cols).run();
  EXPECT_EQ(test::distance(r, before), 0.0);
}

}  // namespace
}  // namespace aqua::linalg
