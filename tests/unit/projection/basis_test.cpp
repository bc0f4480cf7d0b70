#include "aqua/projection/basis.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "aqua/core/error.hpp"
#include "statistics.hpp"

namespace aqua::projection {
namespace {

using ::testing::ElementsAre;

TEST(BasisMethods, OrderAndNames) {
  std::vector<std::string_view> names;
  for (const BasisMethod& method : basis_methods()) names.push_back(method.name);
  EXPECT_THAT(names, ElementsAre("aqua", "keys", "kq-svd", "identity", "random"));
}

TEST(BasisMethods, FoundByName) {
  for (const BasisMethod& method : basis_methods()) {
    EXPECT_EQ(&basis_method(method.name), &method);
  }
  try {
    basis_method("loki");
    FAIL() << "no exception";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "basis method: expected one of aqua, keys, kq-svd, identity, random, found "
                 "\"loki\"");
  }
}

/// What each method says of itself must be so.
TEST(BasisMethods, KeepTheirPromises) {
  const HeadStatistics statistics =
      statistics_of_rows(test::random_normal(90, 8, 1), test::random_normal(40, 8, 2));
  for (const BasisMethod& method : basis_methods()) {
    SCOPED_TRACE(method.name);
    EXPECT_FALSE(method.label.empty());
    EXPECT_FALSE(method.description.empty());
    BasisRequest request{.statistics = nullptr, .head_dim = 8};
    if (method.needs_statistics) {
      EXPECT_THROW(method.make(request), std::invalid_argument);
      request.statistics = &statistics;
    }
    const Basis basis = method.make(request);
    EXPECT_EQ(basis.dim(), 8);
    EXPECT_EQ(basis.orthogonal, method.orthogonal);
    if (basis.orthogonal) {
      EXPECT_LE(test::orthogonality_error(basis.query_map), 1e-12);
      EXPECT_EQ(test::distance(basis.query_map, basis.key_map), 0.0);
    }
    // q̂·k̂ = q·k for vectors in the span of the data, here everything.
    const Matrix<double> identity =
        test::multiply(basis.query_map, test::transposed(basis.key_map));
    EXPECT_LE(test::distance(identity, Matrix<double>::identity(8)), 1e-12);
  }
}

TEST(BasisMethods, DimensionsMustAgree) {
  const HeadStatistics statistics(8);
  try {
    make_aqua({.statistics = &statistics, .head_dim = 4});
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "basis: head dimension 4, statistics of 8 (queries) and 8 (keys)");
  }
}

TEST(Basis, CloneIsEqualAndSeparate) {
  const HeadStatistics statistics =
      statistics_of_rows(test::random_normal(30, 4, 3), test::random_normal(30, 4, 4));
  const Basis basis = make_kq_svd(request_for(statistics));
  Basis copy = basis.clone();
  EXPECT_EQ(test::distance(copy.query_map, basis.query_map), 0.0);
  EXPECT_EQ(test::distance(copy.key_map, basis.key_map), 0.0);
  EXPECT_EQ(copy.singular_values, basis.singular_values);
  EXPECT_EQ(copy.orthogonal, basis.orthogonal);
  copy.query_map(0, 0) += 1.0;
  EXPECT_NE(copy.query_map(0, 0), basis.query_map(0, 0));
}

}  // namespace
}  // namespace aqua::projection
