#include "svg_heat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "aqua/report/numbers.hpp"
#include "aqua/report/text_layout.hpp"
#include "svg_parts.hpp"
#include "view.hpp"

namespace aqua::report::document {
namespace {

constexpr double map_width = 720;
constexpr double map_right = 20;
constexpr double map_top = 16;
constexpr double legend_height = 12;
constexpr std::size_t legend_steps = 40;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  /// One half when all values are the same.
  double share(double value) const {
    return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
  }
};

Range range_of(const std::vector<Line>& rows) {
  Range range;
  for (const Line& row : rows) {
    for (const Point& point : row.points) {
      if (!std::isfinite(point.value)) continue;
      range.low = std::min(range.low, point.value);
      range.high = std::max(range.high, point.value);
    }
  }
  return range;
}

/// Every n-th of so many labels, so that they keep `room` units apart.
std::size_t label_step(double cell, double room) {
  return static_cast<std::size_t>(std::max(1.0, std::ceil(room / cell)));
}

void legend(Drawing& drawing, const Chart& chart, const Range& range, double left, double y) {
  const double length = 240;
  const double step = length / static_cast<double>(legend_steps);
  for (std::size_t i = 0; i < legend_steps; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(legend_steps - 1);
    drawing.rect(left + step * static_cast<double>(i), y, step + 0.3, legend_height,
                 fmt::format("fill=\"{}\" shape-rendering=\"crispEdges\"", ramp_color(share)));
  }
  drawing.text(left, y + legend_height + 16, "start", significant(range.low, 3), "class=\"soft\"");
  drawing.text(left + length, y + legend_height + 16, "end", significant(range.high, 3),
               "class=\"soft\"");
  drawing.text(left + length + 14, y + legend_height - 1, "start", value_label(chart));
}

}  // namespace

std::string heat_svg(const Chart& chart) {
  const Dimension& x = chart.cube->dimensions[chart.x];
  const Dimension& y = chart.cube->dimensions[chart.series];
  const std::vector<Line> rows = lines_of(chart);
  const Range range = range_of(rows);
  std::size_t longest = 1;
  for (const Line& row : rows) longest = std::max(longest, display_width(row.label));
  const double left = std::min(240.0, 44 + 7.5 * static_cast<double>(longest));
  const double cell_width = (map_width - left - map_right) /
                            static_cast<double>(std::max<std::size_t>(1, x.labels.size()));
  const double cell_height = rows.size() > 16 ? 16 : 28;
  const double bottom = map_top + cell_height * static_cast<double>(rows.size());
  Drawing drawing(map_width, bottom + 92, chart.title, chart.description);

  const bool numbers_fit = cell_width >= 44 && cell_height >= 20;
  const std::size_t row_step = label_step(cell_height, 14);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double at = map_top + cell_height * static_cast<double>(r);
    if (r % row_step == 0) {
      drawing.text(left - 8, at + cell_height / 2 + 4, "end", rows[r].label, "class=\"soft\"");
    }
    for (std::size_t c = 0; c < rows[r].points.size(); ++c) {
      const double value = rows[r].points[c].value;
      if (!std::isfinite(value)) continue;
      const double share = range.share(value);
      const double from = left + cell_width * static_cast<double>(c);
      drawing.rect(from, at, cell_width, cell_height,
                   fmt::format("fill=\"{}\" shape-rendering=\"crispEdges\"", ramp_color(share)));
      if (numbers_fit) {
        drawing.text(from + cell_width / 2, at + cell_height / 2 + 4, "middle",
                     significant(value, 3),
                     fmt::format("style=\"fill:{}\" font-size=\"11\"", ink_on_ramp(share)));
      }
    }
  }
  double room = 14;
  for (const std::string& label : x.labels) {
    room = std::max(room, 8 + 7.5 * static_cast<double>(display_width(label)));
  }
  for (std::size_t c = 0; c < x.labels.size(); c += label_step(cell_width, room)) {
    drawing.text(left + cell_width * (static_cast<double>(c) + 0.5), bottom + 18, "middle",
                 x.labels[c], "class=\"soft\"");
  }
  drawing.text(left + (map_width - left - map_right) / 2, bottom + 38, "middle", x.label);
  drawing.text(
      0, 0, "middle", y.label,
      fmt::format("transform=\"translate(14 {:.1f}) rotate(-90)\"", (map_top + bottom) / 2));
  if (range.low <= range.high) legend(drawing, chart, range, left, bottom + 54);
  return std::move(drawing).finish();
}

}  // namespace aqua::report::document
