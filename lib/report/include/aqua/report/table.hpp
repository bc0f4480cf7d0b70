// Tables for the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/report/text_layout.hpp"

namespace aqua::report {

/// Columns as wide as their widest cell, two spaces apart, under a header and a rule. Widths are
/// those of the display, so that Devanagari and CJK text aligns.
class Table {
 public:
  struct Column {
    std::string header;  ///< may have several lines; shorter headers stand at the bottom
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns);

  /// One cell per column; missing cells at the end are empty.
  void add_row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  /// Lines end with a newline and have no trailing spaces.
  std::string render(std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Lines "label   value" with the values aligned, wrapped under themselves at 80 columns.
class LabelList {
 public:
  void add(std::string label, std::string value);
  std::string render(std::size_t indent = 0) const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace aqua::report
