#include "svg_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "escape.hpp"

namespace aqua::report::document {
namespace {

struct Rgb {
  double red, green, blue;
};

/// Nine places of the cividis map (Nuñez, Anderton, Renslow 2018), from its light end.
constexpr std::array<Rgb, 9> ramp_stops = {{{254, 232, 56},
                                            {225, 204, 85},
                                            {195, 179, 105},
                                            {166, 157, 117},
                                            {138, 134, 120},
                                            {112, 113, 115},
                                            {84, 92, 109},
                                            {50, 70, 107},
                                            {0, 34, 78}}};

/// Colours of series on light and on dark ground; at least 3:1 against it.
constexpr std::string_view picture_style = R"(<style>
svg{font:13px system-ui,sans-serif;--ink:#1b1f24;--soft:#5b6570;--grid:#d8dee4}
.s0{color:#0060a8}.s1{color:#c24a00}.s2{color:#00795a}.s3{color:#a3458a}.s4{color:#806000}.s5{color:#3a3a3a}
text{fill:var(--ink)}.soft{fill:var(--soft)}.grid{stroke:var(--grid)}
.line{fill:none;stroke:currentColor;stroke-width:2}.band{fill:currentColor;opacity:.18}
.mark{fill:currentColor;stroke:none}
@media(prefers-color-scheme:dark){svg{--ink:#e6e9ed;--soft:#a8b1bb;--grid:#323a43}
.s0{color:#6cb6ff}.s1{color:#ff9d5c}.s2{color:#4fd6ab}.s3{color:#f29ad1}.s4{color:#e6c04f}.s5{color:#d0d0d0}}
</style>
)";

Rgb ramp_at(double share) {
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(ramp_stops.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), ramp_stops.size() - 2);
  const double rest = place - static_cast<double>(below);
  const auto mix = [rest](double a, double b) { return a + rest * (b - a); };
  const Rgb& a = ramp_stops[below];
  const Rgb& b = ramp_stops[below + 1];
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

}  // namespace

double Axis::share(double value) const {
  if (log) return (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low));
  return (value - low) / (high - low);
}

Axis make_axis(double low, double high, bool log) {
  if (log) {
    const double first = std::floor(std::log10(low));
    const double last = std::max(std::ceil(std::log10(high)), first + 1);
    Axis axis{.low = std::pow(10, first), .high = std::pow(10, last), .log = true, .ticks = {}};
    for (double power = first; power <= last; ++power) axis.ticks.push_back(std::pow(10, power));
    return axis;
  }
  if (!(high > low)) {
    const double room = std::max(std::abs(low) * 0.1, 1e-300);
    low -= low == 0.0 ? 0.0 : room;
    high = high == 0.0 ? 1.0 : high + room;
  }
  const double rough = high / 5 - low / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (rough / power > factor / 1.5) step = factor * power;
  }
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  Axis axis{.low = first * step, .high = last * step, .log = false, .ticks = {}};
  for (double n = first; n <= last; ++n) axis.ticks.push_back(n * step);
  return axis;
}

std::string tick_text(double value) { return fmt::format("{:.4g}", value == 0.0 ? 0.0 : value); }

std::string ramp_color(double share) {
  const Rgb color = ramp_at(share);
  return fmt::format("#{:02x}{:02x}{:02x}", std::lround(color.red), std::lround(color.green),
                     std::lround(color.blue));
}

std::string_view ink_on_ramp(double share) {
  const Rgb color = ramp_at(share);
  const double light = 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue;
  return light > 118 ? "#000000" : "#ffffff";
}

Drawing::Drawing(double width, double height, std::string_view title,
                 std::string_view description) {
  out_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n<desc>{3}</desc>\n{4}",
      width, height, html_escaped(title), html_escaped(description), picture_style);
}

void Drawing::rect(double x, double y, double width, double height, std::string_view attributes) {
  out_ += fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" {}/>\n",
                      x, y, width, height, attributes);
}

void Drawing::line(double x1, double y1, double x2, double y2, std::string_view attributes) {
  out_ += fmt::format("<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" {}/>\n", x1,
                      y1, x2, y2, attributes);
}

void Drawing::path(const std::string& data, std::string_view attributes) {
  out_ += fmt::format("<path d=\"{}\" {}/>\n", data, attributes);
}

void Drawing::text(double x, double y, std::string_view anchor, std::string_view text,
                   std::string_view attributes) {
  out_ += fmt::format("<text x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"{}\" {}>{}</text>\n", x, y,
                      anchor, attributes, html_escaped(text));
}

void Drawing::mark(std::size_t n, double x, double y) {
  const auto polygon = [&](std::initializer_list<std::pair<double, double>> corners) {
    std::string data = "M";
    for (const auto& [dx, dy] : corners) data += fmt::format("{:.2f} {:.2f} ", x + dx, y + dy);
    path(data + "Z", "class=\"mark\"");
  };
  switch (n % 6) {
    case 0:
      out_ += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"4\" class=\"mark\"/>\n", x, y);
      return;
    case 1:
      return polygon({{-4, -4}, {4, -4}, {4, 4}, {-4, 4}});
    case 2:
      return polygon({{0, -5.5}, {5, 4}, {-5, 4}});
    case 3:
      return polygon({{0, -5.5}, {5.5, 0}, {0, 5.5}, {-5.5, 0}});
    case 4:
      return polygon({{0, 5.5}, {5, -4}, {-5, -4}});
    default:
      return polygon({{-5, -2},
                      {-2, -2},
                      {-2, -5},
                      {2, -5},
                      {2, -2},
                      {5, -2},
                      {5, 2},
                      {2, 2},
                      {2, 5},
                      {-2, 5},
                      {-2, 2},
                      {-5, 2}});
  }
}

void Drawing::open_group(std::string_view attributes) {
  out_ += fmt::format("<g {}>\n", attributes);
}

void Drawing::close_group() { out_ += "</g>\n"; }

std::string Drawing::finish() && { return std::move(out_) + "</svg>\n"; }

}  // namespace aqua::report::document
