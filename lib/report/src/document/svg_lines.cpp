#include "svg_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "aqua/report/text_layout.hpp"
#include "svg_parts.hpp"
#include "view.hpp"

namespace aqua::report::document {
namespace {

constexpr double plot_width = 720;
constexpr double plot_left = 70;
constexpr double plot_right = 20;
constexpr double plot_top = 16;
constexpr double plot_height = 270;
constexpr double legend_row = 20;
constexpr std::array<std::string_view, 4> dashes = {"", "7 4", "2 3", "9 3 2 3"};

/// Positions on x: numbers, or 0, 1, 2 … for names.
std::vector<double> positions(const Dimension& x) {
  if (!x.numbers.empty()) return x.numbers;
  std::vector<double> places(x.labels.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<double>(i);
  return places;
}

bool drawable(double value, bool log) { return std::isfinite(value) && (!log || value > 0.0); }

Axis value_axis(const Chart& chart, const std::vector<Line>& lines) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Line& line : lines) {
    for (const Point& point : line.points) {
      for (const double value : {point.value, point.low, point.high}) {
        if (!drawable(value, chart.y_log)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
  }
  if (low > high) return make_axis(chart.y_log ? 1.0 : 0.0, 1.0, chart.y_log);
  if (chart.from_zero && !chart.y_log) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  return make_axis(low, high, chart.y_log);
}

/// Names have half a step of room at both ends.
Axis name_axis(const std::vector<double>& places) {
  return {
      .low = -0.5, .high = static_cast<double>(places.size()) - 0.5, .log = false, .ticks = places};
}

Axis place_axis(const std::vector<double>& places, bool log) {
  if (places.empty()) return make_axis(0.0, 1.0, false);
  const auto [low, high] = std::ranges::minmax(places);
  const bool as_log = log && low > 0.0;
  Axis axis = make_axis(low, high, as_log);
  // The plot ends where the data does; few places are their own ticks.
  if (high > low) {
    axis.low = low;
    axis.high = high;
  }
  if (places.size() <= 12) axis.ticks = places;
  std::erase_if(axis.ticks, [&](double tick) { return tick < axis.low || tick > axis.high; });
  return axis;
}

class Plot {
 public:
  Plot(const Chart& chart, const std::vector<Line>& lines, double height)
      : chart_(chart),
        dimension_(chart.cube->dimensions[chart.x]),
        places_(positions(dimension_)),
        x_(is_named() ? name_axis(places_) : place_axis(places_, chart.x_log)),
        y_(value_axis(chart, lines)),
        drawing_(plot_width, height, chart.title, chart.description) {}

  void axes() {
    for (const double tick : y_.ticks) {
      drawing_.line(plot_left, y_of(tick), plot_width - plot_right, y_of(tick), "class=\"grid\"");
      drawing_.text(plot_left - 8, y_of(tick) + 4, "end", tick_text(tick), "class=\"soft\"");
    }
    const double base = plot_top + plot_height;
    for (const double tick : x_.ticks) {
      drawing_.line(x_of(tick), base, x_of(tick), base + 5, "class=\"grid\"");
      drawing_.text(x_of(tick), base + 20, "middle", tick_label(tick), "class=\"soft\"");
    }
    drawing_.text(plot_left + (plot_width - plot_left - plot_right) / 2, base + 42, "middle",
                  dimension_.label);
    drawing_.text(
        0, 0, "middle", value_label(chart_),
        fmt::format("transform=\"translate(16 {:.0f}) rotate(-90)\"", plot_top + plot_height / 2));
  }

  /// `shift`: to the side, for lines whose points would lie on each other.
  void line(const Line& line, double shift) {
    drawing_.open_group(fmt::format("class=\"s{}\"", line.series % 6));
    // Between names there is nothing to draw a line through: intervals are bars, side by side.
    if (is_named()) {
      bars(line, shift);
    } else {
      band(line);
      connect(line);
    }
    if (line.points.size() <= 24) {
      for (std::size_t i = 0; i < line.points.size(); ++i) {
        if (!drawable(line.points[i].value, chart_.y_log)) continue;
        drawing_.mark(line.series, x_of(places_[i]) + (is_named() ? shift : 0.0),
                      y_of(line.points[i].value));
      }
    }
    drawing_.close_group();
  }

  void legend(const std::vector<Line>& lines, std::size_t columns) {
    const double column = (plot_width - plot_left) / static_cast<double>(columns);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const double x = plot_left + column * static_cast<double>(i % columns);
      const double y = plot_top + plot_height + 70 + legend_row * static_cast<double>(i / columns);
      drawing_.open_group(fmt::format("class=\"s{}\"", lines[i].series % 6));
      drawing_.line(x, y - 4, x + 34, y - 4,
                    fmt::format("class=\"line\" stroke-dasharray=\"{}\"", dash(lines[i])));
      drawing_.mark(lines[i].series, x + 17, y - 4);
      drawing_.close_group();
      drawing_.text(x + 42, y, "start", lines[i].label);
    }
  }

  std::string finish() && { return std::move(drawing_).finish(); }

 private:
  double x_of(double value) const {
    return plot_left + x_.share(value) * (plot_width - plot_left - plot_right);
  }
  double y_of(double value) const { return plot_top + (1.0 - y_.share(value)) * plot_height; }

  std::string_view dash(const Line& line) const {
    return dashes[(chart_.style ? line.style : line.series) % dashes.size()];
  }

  std::string tick_label(double tick) const {
    if (!dimension_.numbers.empty()) return tick_text(tick);
    const auto place = static_cast<std::size_t>(std::llround(tick));
    return place < dimension_.labels.size() ? dimension_.labels[place] : "";
  }

  bool has_interval(const Point& point) const {
    return drawable(point.value, chart_.y_log) && drawable(point.low, chart_.y_log) &&
           drawable(point.high, chart_.y_log);
  }

  bool is_named() const { return dimension_.numbers.empty(); }

  void bars(const Line& line, double shift) {
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const Point& point = line.points[i];
      if (!has_interval(point)) continue;
      const double x = x_of(places_[i]) + shift;
      drawing_.line(x, y_of(point.low), x, y_of(point.high),
                    fmt::format("class=\"line\" stroke-dasharray=\"{}\"", dash(line)));
    }
  }

  void connect(const Line& line) {
    std::string data;
    bool pen_down = false;
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      if (!drawable(line.points[i].value, chart_.y_log)) {
        pen_down = false;
        continue;
      }
      data += fmt::format("{}{:.2f} {:.2f} ", pen_down ? "L" : "M", x_of(places_[i]),
                          y_of(line.points[i].value));
      pen_down = true;
    }
    drawing_.path(data, fmt::format("class=\"line\" stroke-dasharray=\"{}\"", dash(line)));
  }

  /// One closed path for every run of points that have an interval.
  void band(const Line& line) {
    std::string there;
    std::string back;
    const auto close = [&] {
      if (!there.empty()) drawing_.path(there + back + "Z", "class=\"band\"");
      there.clear();
      back.clear();
    };
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const Point& point = line.points[i];
      if (!has_interval(point)) {
        close();
        continue;
      }
      there += fmt::format("{}{:.2f} {:.2f} ", there.empty() ? "M" : "L", x_of(places_[i]),
                           y_of(point.low));
      back = fmt::format("L{:.2f} {:.2f} ", x_of(places_[i]), y_of(point.high)) + back;
    }
    close();
  }

  const Chart& chart_;
  const Dimension& dimension_;
  std::vector<double> places_;
  Axis x_;
  Axis y_;
  Drawing drawing_;
};

}  // namespace

std::string lines_svg(const Chart& chart) {
  const std::vector<Line> lines = lines_of(chart);
  std::size_t longest = 1;
  for (const Line& line : lines) longest = std::max(longest, display_width(line.label));
  // About seven units a letter, and the sample of the line.
  const double needed = 60 + 7.0 * static_cast<double>(longest);
  const auto columns = static_cast<std::size_t>(std::max(1.0, (plot_width - plot_left) / needed));
  const std::size_t rows = (lines.size() + columns - 1) / columns;
  Plot plot(chart, lines, plot_top + plot_height + 66 + legend_row * static_cast<double>(rows));
  plot.axes();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto middle = static_cast<double>(lines.size() - 1) / 2;
    plot.line(lines[i], 14 * (static_cast<double>(i) - middle));
  }
  plot.legend(lines, columns);
  return std::move(plot).finish();
}

}  // namespace aqua::report::document
