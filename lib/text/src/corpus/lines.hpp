// The lines of a file that is in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace aqua::text {

struct Line {
  int64_t number;         ///< from 1
  std::string_view text;  ///< without its LF or CRLF
};

/// Hands out the lines one by one; the last need not end in LF.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}
  std::optional<Line> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return Line{++number_, line};
  }

 private:
  std::string_view rest_;
  int64_t number_ = 0;
};

inline bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace aqua::text
