// UTF-8: checking, decoding, encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aqua::text {

/// Byte offset of the first sequence that is not well-formed UTF-8 (overlong forms, surrogates and
/// values above U+10FFFF are not).
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// Length in bytes of the sequence that starts with this byte, in valid UTF-8.
inline std::size_t sequence_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// The code point at `at`, in valid UTF-8.
inline char32_t code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  switch (sequence_length(text[at])) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    case 3:
      return (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    default:
      return (byte(0) & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 |
             (byte(3) & 0x3Fu);
  }
}

/// Start of the code point that ends at `end` > 0, in valid UTF-8.
inline std::size_t previous_code_point(std::string_view text, std::size_t end) {
  do {
    --end;
  } while ((static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u);
  return end;
}

void append_code_point(std::string& text, char32_t code_point);

/// Unicode's White_Space property, which has not changed since Unicode 6.3.
bool is_white_space(char32_t code_point);

/// Bytes of white space at the start (end) of the text.
std::size_t leading_white_space(std::string_view text);
std::size_t trailing_white_space(std::string_view text);

}  // namespace aqua::text
