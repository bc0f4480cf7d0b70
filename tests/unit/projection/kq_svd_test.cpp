#include <gmock/gmock.h>

#include <limits>

#include "statistics.hpp"

namespace aqua::projection {
namespace {

/// ‖K·Qᵀ − K̂_r·Q̂_rᵀ‖² with the first r columns of the maps.
double squared_error(ConstMatrixView<double> k, ConstMatrixView<double> q, const Basis& basis,
                     int64_t r) {
  const Matrix<double> exact = test::multiply(k, test::transposed(q));
  const Matrix<double> k_hat = test::multiply(k, basis.key_map.view().columns(0, r));
  const Matrix<double> q_hat = test::multiply(q, basis.query_map.view().columns(0, r));
  const double error = test::distance(exact, test::multiply(k_hat, test::transposed(q_hat)));
  return error * error;
}

double squared_tail(const std::vector<double>& s, int64_t r) {
  double sum = 0.0;
  for (std::size_t i = static_cast<std::size_t>(r); i < s.size(); ++i) sum += s[i] * s[i];
  return sum;
}

struct Data {
  Matrix<double> k = test::with_spectrum(40, 9, test::geometric_spectrum(9, 30), 1);
  Matrix<double> q = test::with_spectrum(70, 9, test::geometric_spectrum(9, 10), 2);
  HeadStatistics statistics = statistics_of_rows(q, k);
};

// The squared error of every rank is the tail of the squared spectrum (Eckart and Young); rounding
// is relative to ‖K·Qᵀ‖², the tail from 0.
TEST(KqSvd, ErrorIsTheTailOfTheSpectrum) {
  const Data data;
  const Basis basis = make_kq_svd(request_for(data.statistics));
  EXPECT_FALSE(basis.orthogonal);
  const double total = squared_tail(basis.singular_values, 0);
  for (int64_t r = 0; r <= 9; ++r) {
    EXPECT_NEAR(squared_error(data.k, data.q, basis, r), squared_tail(basis.singular_values, r),
                1e-12 * total)
        << r;
  }
}

TEST(KqSvd, NoOtherBasisIsBetter) {
  const Data data;
  const Basis best = make_kq_svd(request_for(data.statistics));
  const double total = squared_tail(best.singular_values, 0);
  for (const BasisMethod& method : basis_methods()) {
    BasisRequest request = request_for(data.statistics);
    request.seed = 5;
    const Basis basis = method.make(request);
    for (int64_t r = 1; r < 9; ++r) {
      EXPECT_LE(squared_error(data.k, data.q, best, r),
                squared_error(data.k, data.q, basis, r) + 1e-12 * total)
          << method.name << ' ' << r;
    }
  }
}

// Directions that carry nothing have zero key-map columns, and dot products of the data stay exact.
TEST(KqSvd, DeficientData) {
  const Matrix<double> k = test::with_spectrum(30, 8, test::geometric_spectrum(3, 5), 3);
  const Matrix<double> q = test::with_spectrum(50, 8, test::geometric_spectrum(6, 5), 4);
  const HeadStatistics statistics = statistics_of_rows(q, k);
  const Basis basis = make_kq_svd(request_for(statistics));
  const std::vector<double>& s = basis.singular_values;
  for (int64_t j = 0; j < 8; ++j) {
    const Matrix<double> column = Matrix<double>::copy_of(basis.key_map.view().columns(j, 1));
    const bool negligible = s[j] <= 8 * std::numeric_limits<double>::epsilon() * s[0];
    EXPECT_EQ(test::frobenius(column) == 0.0, negligible) << j;
    EXPECT_LE(s[j], j < 3 ? s[0] : 100 * test::eps * s[0]);
  }
  const double total = squared_tail(s, 0);
  EXPECT_LE(squared_error(k, q, basis, 3), 1e-24 * total);
}

TEST(KqSvd, NoDataAtAll) {
  const HeadStatistics statistics(4);
  const Basis basis = make_kq_svd(request_for(statistics));
  EXPECT_EQ(test::frobenius(basis.query_map), 0.0);
  EXPECT_EQ(test::frobenius(basis.key_map), 0.0);
  EXPECT_EQ(basis.singular_values, std::vector<double>(4, 0.0));
}

}  // namespace
}  // namespace aqua::projection
