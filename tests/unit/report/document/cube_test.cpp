#include <gmock/gmock.h>

#include "aqua/core/error.hpp"
#include "samples.hpp"

namespace aqua::report::document {
namespace {

Dimension of_extent(std::string key, std::size_t extent) {
  return {.key = std::move(key), .label = "", .labels = std::vector<std::string>(extent, "x")};
}

TEST(Cube, IsRowMajorWithTheLastDimensionFastest) {
  const Cube cube = Cube::make({of_extent("a", 2), of_extent("b", 3), of_extent("c", 5)},
                               /*intervals=*/false, "test");
  EXPECT_EQ(cube.values.size(), 30U);
  EXPECT_TRUE(cube.low.empty());
  const std::size_t places[] = {1, 2, 3};
  EXPECT_EQ(cube.at(places), 1U * 15 + 2U * 5 + 3U);
  EXPECT_EQ(cube.dimension("b"), 1U);
  EXPECT_THROW(cube.dimension("d"), Error);
}

TEST(Cube, StartsUndefined) {
  const Cube cube = Cube::make({of_extent("a", 2)}, /*intervals=*/true, "test");
  for (const auto& numbers : {cube.values, cube.low, cube.high}) {
    EXPECT_THAT(numbers, testing::Each(testing::Truly([](double x) { return std::isnan(x); })));
  }
}

TEST(Cube, RefusesMoreThanAPageCanHold) {
  try {
    Cube::make({of_extent("a", 10000), of_extent("b", 10000)}, false, "big.json");
    FAIL() << "nothing was thrown";
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(),
                 "big.json: expected at most 67108864 numbers to show together, found 100000000");
  }
}

TEST(Cell, HasTheExactNumberBesideItsText) {
  const Cell cell = number_cell(1.0 / 3.0, 0.25, 0.5);
  EXPECT_EQ(cell.text, "0.33333");
  EXPECT_EQ(cell.number, 1.0 / 3.0);
  EXPECT_EQ(cell_text(cell), "0.33333 [0.25, 0.5]");
  EXPECT_EQ(cell_text(number_cell(2.0, test::none, test::none)), "2");
  const Cell undefined = number_cell(test::none, 0.0, 1.0);
  EXPECT_EQ(cell_text(undefined), "-");
  EXPECT_FALSE(undefined.number);
}

}  // namespace
}  // namespace aqua::report::document
