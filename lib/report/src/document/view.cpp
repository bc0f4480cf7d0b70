#include "view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace aqua::report::document {
namespace {

std::vector<std::size_t> starting_places(const Chart& chart) {
  std::vector<std::size_t> places = chart.chosen;
  places.resize(chart.cube->dimensions.size(), 0);
  return places;
}

Point point_at(const Cube& cube, std::size_t index) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  return {.value = cube.values[index],
          .low = cube.low.empty() ? none : cube.low[index],
          .high = cube.high.empty() ? none : cube.high[index]};
}

Grid line_table(const Chart& chart, const std::vector<Line>& lines) {
  const Dimension& x = chart.cube->dimensions[chart.x];
  Grid grid{.caption = value_label(chart), .header = {x.label}, .rows = {}};
  for (const Line& line : lines) grid.header.push_back(line.label);
  for (std::size_t place = 0; place < x.labels.size(); ++place) {
    std::vector<Cell> row{{.text = x.labels[place]}};
    bool any = false;
    for (const Line& line : lines) {
      row.push_back(
          number_cell(line.points[place].value, line.points[place].low, line.points[place].high));
      any = any || std::isfinite(line.points[place].value);
    }
    if (any) grid.rows.push_back(std::move(row));
  }
  return grid;
}

Grid heat_table(const Chart& chart, const std::vector<Line>& lines) {
  const Dimension& x = chart.cube->dimensions[chart.x];
  const Dimension& y = chart.cube->dimensions[chart.series];
  Grid grid{.caption = value_label(chart),
            .header = {fmt::format("{} \\ {}", y.label, x.label)},
            .rows = {}};
  grid.header.insert(grid.header.end(), x.labels.begin(), x.labels.end());
  for (const Line& line : lines) {
    std::vector<Cell> row{{.text = line.label}};
    for (const Point& point : line.points)
      row.push_back(number_cell(point.value, point.low, point.high));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

}  // namespace

std::vector<Line> lines_of(const Chart& chart) {
  const Cube& cube = *chart.cube;
  const Dimension& series = cube.dimensions[chart.series];
  const std::size_t styles = chart.style ? cube.dimensions[*chart.style].labels.size() : 1;
  std::vector<std::size_t> places = starting_places(chart);
  std::vector<Line> lines;
  for (std::size_t s = 0; s < series.labels.size(); ++s) {
    for (std::size_t t = 0; t < styles; ++t) {
      Line line{.label = series.labels[s], .series = s, .style = t, .points = {}};
      places[chart.series] = s;
      if (chart.style) {
        places[*chart.style] = t;
        line.label += ", " + cube.dimensions[*chart.style].labels[t];
      }
      bool any = false;
      for (std::size_t x = 0; x < cube.dimensions[chart.x].labels.size(); ++x) {
        places[chart.x] = x;
        line.points.push_back(point_at(cube, cube.at(places)));
        any = any || std::isfinite(line.points.back().value);
      }
      if (any) lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::string value_label(const Chart& chart) {
  if (!chart.value_dimension) return chart.value_label;
  return chart.cube->dimensions[*chart.value_dimension]
      .labels[starting_places(chart)[*chart.value_dimension]];
}

std::string choice_text(const Chart& chart) {
  const Cube& cube = *chart.cube;
  const std::vector<std::size_t> places = starting_places(chart);
  std::string text;
  for (std::size_t d = 0; d < cube.dimensions.size(); ++d) {
    const Dimension& dimension = cube.dimensions[d];
    if (d == chart.x || d == chart.series || chart.style == d) continue;
    if (dimension.labels.size() < 2) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", dimension.label,
                        dimension.labels[places[d]]);
  }
  return text;
}

Grid table_of(const Chart& chart) {
  const std::vector<Line> lines = lines_of(chart);
  Grid grid = chart.kind == ChartKind::heat ? heat_table(chart, lines) : line_table(chart, lines);
  const std::string choice = choice_text(chart);
  if (!choice.empty()) grid.caption += " (" + choice + ")";
  return grid;
}

}  // namespace aqua::report::document
