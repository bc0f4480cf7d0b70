#include "aqua/projection/r_factor.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "aqua/core/error.hpp"
#include "aqua/linalg/svd.hpp"
#include "statistics.hpp"

namespace aqua::projection {
namespace {

void expect_equal_spectra(const RFactor& found, const RFactor& expected) {
  const std::vector<double> a = linalg::svd(found.r()).s;
  const std::vector<double> b = linalg::svd(expected.r()).s;
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12 * b[0]) << i;
}

TEST(RFactor, StartsEmpty) {
  const RFactor none;
  EXPECT_EQ(none.dim(), 0);
  const RFactor factor(3);
  EXPECT_EQ(factor.dim(), 3);
  EXPECT_EQ(factor.count(), 0);
  EXPECT_EQ(test::frobenius(factor.r()), 0.0);
}

TEST(RFactor, CountsRows) {
  RFactor factor(4);
  factor.add_rows(Matrix<float>(7, 4));
  factor.add_rows(Matrix<double>(2, 4));
  factor.add_rows(Matrix<float>(0, 4));
  EXPECT_EQ(factor.count(), 9);
}

TEST(RFactor, FloatAndDoubleRowsAgree) {
  const auto rows = Matrix<float>::copy_of(test::random_normal(50, 8, 1).view());
  RFactor a(8);
  RFactor b(8);
  a.add_rows(rows);
  b.add_rows(Matrix<double>::copy_of(rows.view()));
  EXPECT_EQ(test::distance(a.r(), b.r()), 0.0);
}

// Parts of one data set, merged in every order, against all of it at once: well-conditioned parts,
// a part with fewer rows than columns, one that spans little, one of zeros and one that repeats
// another.
TEST(RFactor, MergesInAnyOrder) {
  constexpr int64_t d = 12;
  std::vector<Matrix<double>> parts;
  parts.push_back(test::random_normal(40, d, 1));
  parts.push_back(test::random_normal(3, d, 2));
  parts.push_back(test::with_spectrum(20, d, test::geometric_spectrum(2, 10), 3));
  parts.push_back(Matrix<double>(5, d));
  parts.push_back(parts[0].clone());

  RFactor whole(d);
  for (const auto& part : parts) whole.add_rows(part.view());
  std::vector<int> order{0, 1, 2, 3, 4};
  do {
    RFactor merged(d);
    for (const int part : order) merged.merge(factor_of(parts[part]));
    EXPECT_EQ(merged.count(), whole.count());
    expect_equal_spectra(merged, whole);
    // The whole has full rank, so R itself is unique, and well conditioned.
    EXPECT_LE(test::distance(merged.r(), whole.r()), 1e-12 * test::frobenius(whole.r()));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(RFactor, MergesAsATree) {
  constexpr int64_t d = 16;
  const Matrix<double> data = test::with_spectrum(256, d, test::geometric_spectrum(d, 1e8), 4);
  std::vector<RFactor> factors;
  for (int64_t i = 0; i < 256; i += 32) factors.push_back(factor_of(data.view().rows(i, 32)));
  while (factors.size() > 1) {
    for (std::size_t i = 0; i < factors.size() / 2; ++i) {
      factors[i].merge(factors[factors.size() - 1 - i]);
    }
    factors.resize(factors.size() / 2);
  }
  EXPECT_EQ(factors[0].count(), 256);
  expect_equal_spectra(factors[0], factor_of(data));
}

TEST(RFactor, MergesWithItself) {
  const Matrix<double> data = test::random_normal(30, 6, 5);
  RFactor factor = factor_of(data);
  factor.merge(factor);
  EXPECT_EQ(factor.count(), 60);
  expect_equal_spectra(factor, factor_of(test::stacked(data, data)));
}

TEST(RFactor, FailureAddsNothing) {
  RFactor factor = factor_of(test::random_normal(30, 3, 6));
  const RFactor before = factor.clone();
  Matrix<float> rows(2, 3);
  rows(1, 0) = std::numeric_limits<float>::quiet_NaN();
  try {
    factor.add_rows(rows);
    FAIL() << "no exception";
  } catch (const NumericalError& error) {
    EXPECT_STREQ(error.what(), "R factor: row 1 of 2 holds nan in column 0");
  }
  EXPECT_EQ(factor.count(), before.count());
  EXPECT_EQ(test::distance(factor.r(), before.r()), 0.0);
}

TEST(RFactor, FromAStoredFactor) {
  const RFactor factor = factor_of(test::random_normal(30, 5, 7));
  RFactor restored(Matrix<double>::copy_of(factor.r()), factor.count());
  EXPECT_EQ(restored.count(), 30);
  EXPECT_EQ(test::distance(restored.r(), factor.r()), 0.0);
}

std::string format_error(Matrix<double> r, int64_t count) {
  try {
    const RFactor factor(std::move(r), count);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no exception";
}

TEST(RFactor, RefusesWhatIsNoFactor) {
  EXPECT_EQ(format_error(Matrix<double>(2, 3), 1),
            "R factor: expected a square matrix, found [2, 3]");
  EXPECT_EQ(format_error(Matrix<double>(2, 2), -1),
            "R factor: expected a count of at least 0, found -1");
  Matrix<double> r(3, 3);
  r(2, 1) = 0.5;
  EXPECT_EQ(format_error(r.clone(), 1),
            "R factor: expected an upper triangular matrix, found 0.5 at (2, 1)");
  r(0, 2) = std::numeric_limits<double>::infinity();
  EXPECT_EQ(format_error(std::move(r), 1), "R factor: expected finite values, found inf at (0, 2)");
}

TEST(HeadStatistics, MergesBothFactors) {
  const Matrix<double> q = test::random_normal(40, 4, 8);
  const Matrix<double> k = test::random_normal(20, 4, 9);
  HeadStatistics statistics(4);
  statistics.merge(statistics_of_rows(q.view().rows(0, 25), k.view().rows(0, 5)));
  statistics.merge(statistics_of_rows(q.view().rows(25, 15), k.view().rows(5, 15)));
  EXPECT_EQ(statistics.query.count(), 40);
  EXPECT_EQ(statistics.key.count(), 20);
  expect_equal_spectra(statistics.query, factor_of(q));
  expect_equal_spectra(statistics.key, factor_of(k));
}

}  // namespace
}  // namespace aqua::projection
