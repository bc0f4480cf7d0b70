// What a chart shows at one choice of the remaining dimensions: the rows of its table and the
// points of its picture.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aqua/report/document.hpp"

namespace aqua::report::document {

struct Point {
  double value = 0.0;  ///< NaN: nothing here
  double low = 0.0;    ///< NaN: no interval
  double high = 0.0;
};

struct Line {
  std::string label;
  std::size_t series = 0;     ///< place on the chart's series: colour and mark
  std::size_t style = 0;      ///< place on the chart's style: dash
  std::vector<Point> points;  ///< [place on x]
};

/// Lines (heat: rows) at the chart's own choice, those without any number left out.
std::vector<Line> lines_of(const Chart& chart);

/// What the numbers are at the chart's own choice: "query loss".
std::string value_label(const Chart& chart);

/// "corpus: en; measure: query loss", what is chosen; empty when nothing is to choose.
std::string choice_text(const Chart& chart);

/// The same as a table: one row per place on x, one column per line (heat: rows by series, columns
/// by x).
Grid table_of(const Chart& chart);

}  // namespace aqua::report::document
