#include "aqua/report/text_layout.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

namespace aqua::report {
namespace {

struct Character {
  std::size_t bytes = 1;
  utf8proc_int32_t codepoint = -1;  ///< negative: not UTF-8
};

Character first_character(std::string_view text) {
  Character c;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &c.codepoint);
  if (length > 0) {
    c.bytes = static_cast<std::size_t>(length);
  } else {
    c.codepoint = -1;
  }
  return c;
}

bool is_control(utf8proc_int32_t codepoint) {
  const utf8proc_category_t category = utf8proc_category(codepoint);
  // Line and paragraph separators move the cursor as control characters do.
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    width += c.codepoint < 0 ? 1 : static_cast<std::size_t>(utf8proc_charwidth(c.codepoint));
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string pad(std::string_view text, std::size_t width, Align align) {
  const std::size_t used = display_width(text);
  const std::string spaces(width > used ? width - used : 0, ' ');
  return align == Align::left ? std::string(text) + spaces : spaces + std::string(text);
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = 0;  // 0: at the start of a line
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) break;
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const std::size_t word_width = display_width(word);
    if (column > 0 && column + 1 + word_width > width) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out.append(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word_width;
  }
  if (!out.empty()) out += '\n';
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_character(text);
    const std::string_view bytes = text.substr(0, c.bytes);
    if (c.codepoint < 0 || is_control(c.codepoint)) {
      for (const char byte : bytes)
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    } else {
      out += bytes;
    }
    text.remove_prefix(c.bytes);
  }
  return out;
}

}  // namespace aqua::report
