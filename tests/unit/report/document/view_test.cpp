#include "document/view.hpp"

#include <gmock/gmock.h>

#include "samples.hpp"

namespace aqua::report::document {
namespace {

using testing::ElementsAre;

TEST(View, HasALineForEverySeriesAndStyle) {
  const std::vector<Line> lines = lines_of(test::line_chart());
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].label, "en, static");
  EXPECT_EQ(lines[3].label, "hi, dynamic");
  EXPECT_EQ(lines[3].series, 1U);
  EXPECT_EQ(lines[3].style, 1U);
  EXPECT_EQ(lines[3].points[1].value, 111.0);
  EXPECT_EQ(lines[3].points[1].low, 110.5);
  EXPECT_TRUE(std::isnan(lines[3].points[2].value));
}

TEST(View, ShowsOneChoiceOfTheRest) {
  const Chart chart = test::heat_chart();
  const std::vector<Line> rows = lines_of(chart);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].points[2].value, 12.0);
  EXPECT_EQ(choice_text(chart), "selection: dynamic");
  EXPECT_EQ(choice_text(test::line_chart()), "");
}

TEST(View, LeavesOutLinesWithoutNumbers) {
  Chart chart = test::line_chart();
  Cube cube = *chart.cube;
  for (std::size_t i = 0; i < 3; ++i) cube.values[i] = test::none;
  chart.cube = std::make_shared<const Cube>(cube);
  EXPECT_EQ(lines_of(chart).size(), 3U);
  EXPECT_EQ(lines_of(chart).front().label, "en, dynamic");
}

TEST(View, TabulatesLinesByX) {
  const Grid grid = table_of(test::line_chart());
  EXPECT_EQ(grid.caption, "loss");
  EXPECT_THAT(grid.header,
              ElementsAre("k/d", "en, static", "en, dynamic", "hi, static", "hi, dynamic"));
  ASSERT_EQ(grid.rows.size(), 3U);
  EXPECT_EQ(grid.rows[1][0].text, "0.5");
  EXPECT_EQ(grid.rows[1][4].number, 111.0);
  EXPECT_EQ(grid.rows[1][4].high, 111.5);
  EXPECT_EQ(grid.rows[2][4].text, "-");
}

TEST(View, TabulatesHeatMapsByRow) {
  const Grid grid = table_of(test::heat_chart());
  EXPECT_EQ(grid.caption, "loss (selection: dynamic)");
  EXPECT_THAT(grid.header, ElementsAre("text \\ k/d", "0.25", "0.5", "1"));
  ASSERT_EQ(grid.rows.size(), 2U);
  EXPECT_EQ(grid.rows[1][2].number, 111.0);
}

TEST(View, NamesTheValueAfterADimension) {
  Chart chart = test::heat_chart();
  chart.value_dimension = 1;
  EXPECT_EQ(value_label(chart), "dynamic");
}

}  // namespace
}  // namespace aqua::report::document
