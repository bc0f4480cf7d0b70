#include "aqua/report/table.hpp"

#include <algorithm>
#include <utility>

namespace aqua::report {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t terminal_width = 80;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  lines.push_back(text.substr(start));
  return lines;
}

void trim_right(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add_row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::render(std::size_t indent) const {
  std::vector<std::vector<std::string>> headers;
  std::vector<std::size_t> widths;
  std::size_t header_lines = 1;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    headers.push_back(lines_of(columns_[c].header));
    header_lines = std::max(header_lines, headers.back().size());
    std::size_t width = 0;
    for (const std::string& line : headers.back()) width = std::max(width, display_width(line));
    for (const auto& row : rows_) width = std::max(width, display_width(row[c]));
    widths.push_back(width);
  }

  std::string out;
  const auto add_line = [&](auto&& cell) {
    std::string line(indent, ' ');
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) line.append(gap, ' ');
      line += pad(cell(c), widths[c], columns_[c].align);
    }
    trim_right(line);
    out += line + '\n';
  };

  for (std::size_t l = 0; l < header_lines; ++l) {
    add_line([&](std::size_t c) -> std::string {
      const std::size_t missing = header_lines - headers[c].size();
      return l < missing ? std::string() : headers[c][l - missing];
    });
  }
  std::size_t total = gap * (columns_.empty() ? 0 : columns_.size() - 1);
  for (const std::size_t width : widths) total += width;
  out += std::string(indent, ' ') + std::string(total, '-') + '\n';
  for (const auto& row : rows_) {
    add_line([&](std::size_t c) -> const std::string& { return row[c]; });
  }
  return out;
}

void LabelList::add(std::string label, std::string value) {
  lines_.emplace_back(std::move(label), std::move(value));
}

std::string LabelList::render(std::size_t indent) const {
  std::size_t width = 0;
  for (const auto& [label, value] : lines_) width = std::max(width, display_width(label));
  const std::size_t value_column = indent + width + gap;
  std::string out;
  for (const auto& [label, value] : lines_) {
    const std::string head = std::string(indent, ' ') + pad(label, width + gap, Align::left);
    std::string body = wrap(value, terminal_width, value_column);
    std::string line = head + (body.empty() ? "\n" : body.substr(value_column));
    if (body.empty()) {
      trim_right(line.erase(line.size() - 1));
      line += '\n';
    }
    out += line;
  }
  return out;
}

}  // namespace aqua::report
