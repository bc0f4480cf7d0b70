#include "aqua/linalg/svd.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <string>

#include "aqua/core/error.hpp"
#include "matrices.hpp"
#include "svd_drivers.hpp"

namespace aqua::linalg {
namespace {

using test::eps;

/// The decomposition's three properties. LAPACK bounds each by p(m,n)·eps with p growing slowly;
/// max(m,n) is its usual stand-in (LAPACK Users' Guide 4.9), 10 of them leave room.
void check_svd(ConstMatrixView<double> a, const Svd& svd) {
  const int64_t rank = std::min(a.rows(), a.cols());
  ASSERT_EQ(svd.u.rows(), a.rows());
  ASSERT_EQ(svd.u.cols(), rank);
  ASSERT_EQ(svd.v.rows(), a.cols());
  ASSERT_EQ(svd.v.cols(), rank);
  ASSERT_EQ(static_cast<int64_t>(svd.s.size()), rank);

  const double tolerance = 10.0 * static_cast<double>(std::max(a.rows(), a.cols())) * eps;
  EXPECT_LE(test::orthogonality_error(svd.u), tolerance);
  EXPECT_LE(test::orthogonality_error(svd.v), tolerance);
  EXPECT_TRUE(std::ranges::is_sorted(svd.s, std::greater<>()));
  for (const double s : svd.s) EXPECT_GE(s, 0.0);

  Matrix<double> scaled = svd.u.clone();
  for (int64_t i = 0; i < scaled.rows(); ++i) {
    for (int64_t j = 0; j < rank; ++j) scaled(i, j) *= svd.s[j];
  }
  const Matrix<double> product = test::multiply(scaled, test::transposed(svd.v));
  EXPECT_LE(test::distance(product, a), tolerance * test::frobenius(a));
}

void check_all(ConstMatrixView<double> a) {
  SCOPED_TRACE(fmt::format("[{}, {}]", a.rows(), a.cols()));
  {
    SCOPED_TRACE("svd");
    check_svd(a, svd(a));
  }
  {
    SCOPED_TRACE("divide and conquer");
    const auto result = svd_by_divide_and_conquer(a);
    ASSERT_TRUE(result.has_value());
    check_svd(a, *result);
  }
  {
    SCOPED_TRACE("QR iteration");
    const auto result = svd_by_qr_iteration(a);
    ASSERT_TRUE(result.has_value());
    check_svd(a, *result);
  }
}

TEST(SvdTest, Shapes) {
  check_all(test::random_normal(1, 1, 1));
  check_all(test::random_normal(8, 8, 2));
  check_all(test::random_normal(40, 9, 3));
  check_all(test::random_normal(9, 40, 4));
  check_all(test::random_normal(1, 12, 5));
  check_all(test::random_normal(12, 1, 6));
  check_all(test::random_normal(128, 64, 7));
}

TEST(SvdTest, Strided) {
  const Matrix<double> storage = test::random_normal(10, 20, 8);
  check_all(storage.view().columns(3, 6));
}

TEST(SvdTest, KnownSpectrum) {
  for (const double condition : {1.0, 1e3, 1e8, 1e14}) {
    const auto spectrum = test::geometric_spectrum(16, condition);
    const Matrix<double> a = test::with_spectrum(30, 16, spectrum, 9);
    check_all(a);
    const Svd result = svd(a);
    // Weyl: singular values move by no more than the perturbation, here of forming and decomposing
    // A.
    for (std::size_t i = 0; i < spectrum.size(); ++i) {
      EXPECT_NEAR(result.s[i], spectrum[i], 30 * 10 * eps);
    }
  }
}

// Wedin: a subspace separated by a gap turns by no more than the perturbation divided by the gap.
TEST(SvdTest, FindsTheLeadingSubspace) {
  const std::vector<double> spectrum{4.0, 3.0, 2.0, 0.5, 0.25, 0.125};
  const Matrix<double> a = test::with_spectrum(20, 6, spectrum, 10);
  const Matrix<double> v = test::random_orthonormal(6, 6, 21);  // what with_spectrum used
  const Svd result = svd(a);
  const double tolerance = 20 * 10 * eps * 4.0 / (2.0 - 0.5);
  EXPECT_LE(test::subspace_angle(result.v.view().columns(0, 3), v.view().columns(0, 3)), tolerance);
}

TEST(SvdTest, RankDeficient) {
  const Matrix<double> a = test::with_spectrum(20, 12, std::vector<double>{3.0, 2.0, 1.0, 0.5}, 11);
  check_all(a);
  const Svd result = svd(a);
  for (std::size_t i = 4; i < 12; ++i) EXPECT_LE(result.s[i], 20 * 10 * eps * 3.0);
  check_all(Matrix<double>(7, 4));  // zero: any orthonormal factors
}

TEST(SvdTest, Empty) {
  const Svd none = svd(Matrix<double>(0, 3));
  EXPECT_EQ(none.u.rows(), 0);
  EXPECT_EQ(none.v.rows(), 3);
  EXPECT_EQ(none.v.cols(), 0);
  EXPECT_TRUE(none.s.empty());
  EXPECT_TRUE(svd(Matrix<double>(5, 0)).s.empty());
  EXPECT_TRUE(svd(Matrix<double>()).s.empty());
}

TEST(SvdTest, ExtremeScales) {
  for (const double scale : {1e-300, 1e300}) {
    Matrix<double> a = test::random_normal(6, 4, 12);
    const Svd expected = svd(a);
    for (int64_t i = 0; i < a.size(); ++i) a.data()[i] *= scale;
    const Svd result = svd(a);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(result.s[i] / scale, expected.s[i], 60 * eps * expected.s[0]);
    }
  }
}

TEST(SvdTest, NotFinite) {
  Matrix<double> a = test::random_normal(3, 2, 13);
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    a(2, 1) = bad;
    try {
      svd(a);
      FAIL() << "no exception";
    } catch (const NumericalError& error) {
      EXPECT_EQ(std::string(error.what()),
                fmt::format("svd: element (2, 1) of the [3, 2] matrix is {}", bad));
    }
  }
}

}  // namespace
}  // namespace aqua::linalg
