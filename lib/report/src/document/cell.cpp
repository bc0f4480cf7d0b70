#include <fmt/format.h>

#include <cmath>

#include "aqua/report/document.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

constexpr int cell_digits = 5;

}  // namespace

Cell number_cell(double value) {
  Cell cell{.text = significant(value, cell_digits)};
  if (std::isfinite(value)) cell.number = value;
  return cell;
}

Cell number_cell(double value, double low, double high) {
  Cell cell = number_cell(value);
  if (cell.number && std::isfinite(low) && std::isfinite(high)) {
    cell.low = low;
    cell.high = high;
  }
  return cell;
}

std::string cell_text(const Cell& cell) {
  if (!cell.low || !cell.high) return cell.text;
  return fmt::format("{} [{}, {}]", cell.text, significant(*cell.low, cell_digits),
                     significant(*cell.high, cell_digits));
}

}  // namespace aqua::report::document
