#include "document/svg.hpp"

#include <gmock/gmock.h>

#include "document/svg_parts.hpp"
#include "samples.hpp"

namespace aqua::report::document {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

TEST(Axis, TicksAreRoundAndHoldTheValues) {
  const Axis axis = make_axis(0.0, 0.23, false);
  EXPECT_EQ(axis.low, 0.0);
  EXPECT_DOUBLE_EQ(axis.high, 0.25);
  EXPECT_EQ(axis.ticks.size(), 6U);
  EXPECT_DOUBLE_EQ(axis.share(0.125), 0.5);
}

TEST(Axis, LogarithmicOnesGoFromPowerToPower) {
  const Axis axis = make_axis(0.02, 30.0, true);
  EXPECT_DOUBLE_EQ(axis.low, 0.01);
  EXPECT_DOUBLE_EQ(axis.high, 100.0);
  EXPECT_EQ(axis.ticks.size(), 5U);
  EXPECT_NEAR(axis.share(1.0), 0.5, 1e-12);
}

TEST(Axis, HasRoomAroundASingleValue) {
  for (const double value : {0.0, 5.0, -2.0, 1e-300}) {
    const Axis axis = make_axis(value, value, false);
    EXPECT_LT(axis.low, axis.high) << value;
    EXPECT_GE(axis.ticks.size(), 2U) << value;
    EXPECT_LE(axis.ticks.size(), 20U) << value;
  }
}

TEST(Ramp, GetsDarkerAllTheWay) {
  const auto light = [](double share) {
    const std::string color = ramp_color(share);
    return 0.2126 * std::stoi(color.substr(1, 2), nullptr, 16) +
           0.7152 * std::stoi(color.substr(3, 2), nullptr, 16) +
           0.0722 * std::stoi(color.substr(5, 2), nullptr, 16);
  };
  for (int i = 1; i <= 20; ++i) EXPECT_LT(light(i / 20.0), light((i - 1) / 20.0)) << i;
  EXPECT_EQ(ink_on_ramp(0.0), "#000000");
  EXPECT_EQ(ink_on_ramp(1.0), "#ffffff");
}

TEST(Svg, DrawsEveryLineWithItsBandAndMarks) {
  const std::string svg = to_svg(test::line_chart());
  EXPECT_EQ(count(svg, "class=\"band\""), 4U);
  // A path a line, and a sample of it in the legend.
  EXPECT_EQ(count(svg, "class=\"line\""), 8U);
  // 11 numbers, and 4 samples.
  EXPECT_EQ(count(svg, "class=\"mark\""), 15U);
  EXPECT_THAT(svg, HasSubstr(">hi, dynamic</text>"));
  EXPECT_THAT(svg, HasSubstr("stroke-dasharray=\"7 4\""));
}

TEST(Svg, PutsNumbersWhereTheAxisSays) {
  Chart chart = test::line_chart();
  chart.style.reset();
  const std::string svg = to_svg(chart);
  // x from 0.25 to 1 over 70 … 700, y from -20 to 120 over 286 … 16; en, static: 0, 1, 2.
  EXPECT_THAT(svg, HasSubstr("d=\"M70.00 247.43 L280.00 245.50 L700.00 243.57 \""));
}

TEST(Svg, DrawsNoLineBetweenNames) {
  Chart chart = test::line_chart();
  chart.x = 0;
  chart.series = 1;
  chart.style = 2;
  const std::string svg = to_svg(chart);
  EXPECT_EQ(count(svg, "class=\"band\""), 0U);
  // 11 bars of intervals, and 6 samples; the names lie at a quarter and three quarters.
  EXPECT_EQ(count(svg, "class=\"line\""), 17U);
  EXPECT_THAT(svg, HasSubstr("<text x=\"227.50\" y=\"306.00\" text-anchor=\"middle\" "
                             "class=\"soft\">en</text>"));
}

TEST(Svg, HasACellForEveryNumber) {
  const std::string svg = to_svg(test::heat_chart());
  // 5 numbers, and 40 steps of the legend.
  EXPECT_EQ(count(svg, "<rect"), 45U);
  EXPECT_THAT(svg, HasSubstr(">111</text>"));
  EXPECT_THAT(svg, HasSubstr("fill=\"" + ramp_color(1.0) + "\""));
}

TEST(Svg, EscapesWhatItShows) {
  Chart chart = test::heat_chart();
  Cube cube = *chart.cube;
  cube.dimensions[0].labels[0] = "<script>alert(1)</script>";
  chart.cube = std::make_shared<const Cube>(cube);
  chart.title = "a&b";
  const std::string svg = to_svg(chart);
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("<title>a&amp;b</title>"));
}

TEST(Svg, SurvivesACubeWithoutNumbers) {
  Chart chart = test::line_chart();
  Cube cube = *chart.cube;
  for (double& value : cube.values) value = test::none;
  chart.cube = std::make_shared<const Cube>(cube);
  for (const ChartKind kind : {ChartKind::lines, ChartKind::heat}) {
    chart.kind = kind;
    EXPECT_THAT(to_svg(chart), testing::EndsWith("</svg>\n"));
    EXPECT_THAT(to_svg(chart), Not(HasSubstr("nan")));
  }
}

}  // namespace
}  // namespace aqua::report::document
