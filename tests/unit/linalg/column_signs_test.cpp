#include <gmock/gmock.h>

#include <initializer_list>
#include <stdexcept>
#include <vector>

#include "aqua/linalg/svd.hpp"

namespace aqua::linalg {
namespace {

using ::testing::ElementsAre;

Matrix<double> matrix(int64_t rows, int64_t cols, std::initializer_list<double> values) {
  Matrix<double> m(rows, cols);
  std::copy(values.begin(), values.end(), m.data());
  return m;
}

std::vector<double> values(const Matrix<double>& m) { return {m.data(), m.data() + m.size()}; }

TEST(FixColumnSigns, LargestMagnitudeBecomesPositive) {
  auto v = matrix(3, 3, {1, -1, 2, -3, 2, 0, 2, -2, -1});
  fix_column_signs(v);
  EXPECT_THAT(values(v), ElementsAre(-1, -1, 2, 3, 2, 0, -2, -2, -1));
}

TEST(FixColumnSigns, FirstOfEqualMagnitudesDecides) {
  auto v = matrix(2, 2, {-1, 1, 1, -1});
  fix_column_signs(v);
  EXPECT_THAT(values(v), ElementsAre(1, 1, -1, -1));
}

TEST(FixColumnSigns, FlipsTheMatrixAlong) {
  auto v = matrix(2, 2, {-5, 1, 1, 2});
  auto along = matrix(3, 2, {1, 2, 3, 4, -5, 6});
  fix_column_signs(v, along);
  EXPECT_THAT(values(v), ElementsAre(5, 1, -1, 2));
  EXPECT_THAT(values(along), ElementsAre(-1, 2, -3, 4, 5, 6));
}

TEST(FixColumnSigns, ZeroColumnsAndEmptyMatricesStay) {
  auto v = matrix(2, 1, {0, 0});
  fix_column_signs(v);
  EXPECT_THAT(values(v), ElementsAre(0, 0));
  EXPECT_NO_THROW(fix_column_signs(Matrix<double>()));
}

TEST(FixColumnSigns, ColumnsMustAgree) {
  auto v = matrix(1, 2, {1, 1});
  auto along = matrix(1, 1, {1});
  try {
    fix_column_signs(v, along);
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "fix_column_signs: V has 2 columns, the matrix along it 1");
  }
}

}  // namespace
}  // namespace aqua::linalg
