#include "svg.hpp"

#include "svg_heat.hpp"
#include "svg_lines.hpp"

namespace aqua::report::document {

std::string to_svg(const Chart& chart) {
  return chart.kind == ChartKind::heat ? heat_svg(chart) : lines_svg(chart);
}

}  // namespace aqua::report::document
