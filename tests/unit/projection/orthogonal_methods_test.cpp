// The methods whose basis is one orthogonal matrix.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "aqua/linalg/svd.hpp"
#include "statistics.hpp"

namespace aqua::projection {
namespace {

/// ‖X·V_r‖²: the energy that the first r directions keep.
double energy(ConstMatrixView<double> x, const Matrix<double>& v, int64_t r) {
  const double norm = test::frobenius(test::multiply(x, v.view().columns(0, r)));
  return norm * norm;
}

TEST(AquaBasis, DiagonalisesTheJointData) {
  const Matrix<double> q = test::with_spectrum(90, 10, test::geometric_spectrum(10, 50), 1);
  const Matrix<double> k = test::with_spectrum(60, 10, test::geometric_spectrum(10, 20), 2);
  const Matrix<double> x = test::stacked(q, k);
  const HeadStatistics statistics = statistics_of_rows(q, k);
  const Basis basis = make_aqua(request_for(statistics));
  const double norm = test::frobenius(x);

  // X·P has orthogonal columns of norms Σ, falling.
  const Matrix<double> rotated = test::gram(test::multiply(x, basis.query_map));
  for (int64_t i = 0; i < 10; ++i) {
    for (int64_t j = 0; j < 10; ++j) {
      const double s = basis.singular_values[i];
      EXPECT_NEAR(rotated(i, j), i == j ? s * s : 0.0, 100 * test::eps * norm * norm);
    }
  }
  EXPECT_TRUE(std::ranges::is_sorted(basis.singular_values, std::greater<>()));
  EXPECT_LE(test::orthogonality_error(basis.query_map), 1e-12);
}

TEST(AquaBasis, SignsAreFixed) {
  const HeadStatistics statistics =
      statistics_of_rows(test::random_normal(40, 6, 3), test::random_normal(40, 6, 4));
  const Basis basis = make_aqua(request_for(statistics));
  for (int64_t j = 0; j < 6; ++j) {
    double largest = 0.0;
    for (int64_t i = 0; i < 6; ++i) {
      if (std::abs(basis.query_map(i, j)) > std::abs(largest)) largest = basis.query_map(i, j);
    }
    EXPECT_GT(largest, 0.0);
  }
}

TEST(AquaBasis, CompletesTheBasisOfDeficientData) {
  const Matrix<double> q = test::with_spectrum(30, 12, std::vector<double>{5.0, 2.0}, 5);
  const Matrix<double> k = test::random_normal(1, 12, 6);
  const HeadStatistics some = statistics_of_rows(q, k);
  const HeadStatistics none(12);
  for (const HeadStatistics* statistics : {&some, &none}) {
    const Basis basis = make_aqua(request_for(*statistics));
    EXPECT_EQ(basis.query_map.cols(), 12);
    EXPECT_LE(test::orthogonality_error(basis.query_map), 1e-12);
  }
  const Basis basis = make_aqua(request_for(some));
  const Matrix<double> x = test::stacked(q, k);
  const double total = test::frobenius(x) * test::frobenius(x);
  EXPECT_NEAR(energy(x, basis.query_map, 3), total, 1e-12 * total);
}

TEST(AquaBasis, EqualForEqualSums) {  // reproducible: same rows, same bits
  const Matrix<double> q = test::random_normal(50, 8, 7);
  const Matrix<double> k = test::random_normal(50, 8, 8);
  const HeadStatistics once = statistics_of_rows(q, k);
  const HeadStatistics again = statistics_of_rows(q, k);
  EXPECT_EQ(test::distance(make_aqua(request_for(once)).query_map,
                           make_aqua(request_for(again)).query_map),
            0.0);
}

TEST(KeysBasis, IgnoresQueries) {
  const Matrix<double> k = test::with_spectrum(50, 8, test::geometric_spectrum(8, 30), 9);
  const HeadStatistics a = statistics_of_rows(test::random_normal(70, 8, 10), k);
  const HeadStatistics b = statistics_of_rows(test::random_normal(3, 8, 11), k);
  const Basis basis = make_keys(request_for(a));
  EXPECT_EQ(test::distance(basis.query_map, make_keys(request_for(b)).query_map), 0.0);
  // No other rank-r subspace keeps more of the keys' energy than the SVD's: Σ_{i<r} s_i².
  double expected = 0.0;
  for (int64_t r = 1; r <= 8; ++r) {
    expected += basis.singular_values[r - 1] * basis.singular_values[r - 1];
    EXPECT_NEAR(energy(k, basis.query_map, r), expected, 1e-12 * expected);
  }
}

TEST(IdentityBasis, RotatesNothing) {
  const Basis basis = make_identity({.head_dim = 5});
  EXPECT_EQ(test::distance(basis.query_map, Matrix<double>::identity(5)), 0.0);
  EXPECT_EQ(test::distance(basis.key_map, Matrix<double>::identity(5)), 0.0);
  EXPECT_TRUE(basis.singular_values.empty());
}

TEST(RandomBasis, ReproducibleAndDifferentPerHead) {
  const BasisRequest request{.head_dim = 16, .seed = 7, .layer = {3}, .kv_head = 1};
  const Basis basis = make_random(request);
  EXPECT_LE(test::orthogonality_error(basis.query_map), 1e-12);
  EXPECT_EQ(test::distance(basis.query_map, make_random(request).query_map), 0.0);
  for (const BasisRequest& other :
       {BasisRequest{.head_dim = 16, .seed = 8, .layer = {3}, .kv_head = 1},
        BasisRequest{.head_dim = 16, .seed = 7, .layer = {1}, .kv_head = 3},
        BasisRequest{.head_dim = 16, .seed = 7, .layer = {3}, .kv_head = 0}}) {
    EXPECT_GT(test::distance(basis.query_map, make_random(other).query_map), 1.0);
  }
}

// Under Haar measure an entry has mean 0, variance 1/d and kurtosis 3d/(d+2). Over n draws the
// means of the entry and of its square have standard deviations sqrt(1/(d·n)) and below
// sqrt(2/n)/d; five of them allow for all d² entries. An uncorrected QR would fail on the
// diagonal's mean.
TEST(RandomBasis, HasHaarMoments) {
  constexpr int64_t d = 4;
  constexpr int64_t n = 2000;
  Matrix<double> mean(d, d);
  Matrix<double> square(d, d);
  for (int64_t head = 0; head < n; ++head) {
    const Basis basis = make_random({.head_dim = d, .seed = 1, .layer = {0}, .kv_head = head});
    for (int64_t i = 0; i < d * d; ++i) {
      const double entry = basis.query_map.data()[i];
      mean.data()[i] += entry / n;
      square.data()[i] += entry * entry / n;
    }
  }
  for (int64_t i = 0; i < d * d; ++i) {
    EXPECT_NEAR(mean.data()[i], 0.0, 5.0 * std::sqrt(1.0 / (d * n)));
    EXPECT_NEAR(square.data()[i], 1.0 / d, 5.0 * std::sqrt(2.0 / n) / d);
  }
}

}  // namespace
}  // namespace aqua::projection
