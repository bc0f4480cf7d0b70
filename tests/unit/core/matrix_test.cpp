#include "aqua/core/matrix.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>

namespace aqua {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(Matrix, StartsAsZerosOnAnAlignedAddress) {
  const Matrix<float> matrix(3, 5);
  for (int64_t r = 0; r < 3; ++r) EXPECT_THAT(matrix.row(r), Each(0.0F));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(matrix.data()) % 64, 0U);
  EXPECT_TRUE(Matrix<float>(0, 5).empty());
  EXPECT_TRUE(Matrix<float>().empty());
}

TEST(Matrix, LargeOnesAreUsableToTheirLastElement) {
  // More than the size from which huge pages are asked for, and no multiple of one.
  Matrix<float> matrix = Matrix<float>::uninitialised(1025, 2049);
  EXPECT_EQ(matrix.rows(), 1025);
  EXPECT_EQ(matrix.cols(), 2049);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(matrix.data()) % 64, 0U);
  std::fill_n(matrix.data(), matrix.size(), 3.0F);
  EXPECT_EQ(matrix(1024, 2048), 3.0F);
  const Matrix<float> zeros(1025, 2049);
  EXPECT_TRUE(std::all_of(zeros.data(), zeros.data() + zeros.size(),
                          [](float value) { return value == 0.0F; }));
}

TEST(Matrix, ViewsShareAndClonesDoNot) {
  Matrix<double> matrix = Matrix<double>::identity(3);
  const Matrix<double> copy = matrix.clone();
  matrix.view().rows(1, 2).columns(1, 2)(0, 1) = 7.0;
  EXPECT_THAT(matrix.row(1), ElementsAre(0.0, 1.0, 7.0));
  EXPECT_THAT(copy.row(1), ElementsAre(0.0, 1.0, 0.0));
  const auto narrowed = Matrix<float>::copy_of(matrix.view().columns(1, 2));
  EXPECT_THAT(narrowed.row(1), ElementsAre(1.0F, 7.0F));
}

}  // namespace
}  // namespace aqua
