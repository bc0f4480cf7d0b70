#include "escape.hpp"

#include <array>

#include "aqua/core/sha256.hpp"
#include "aqua/report/text_layout.hpp"

namespace aqua::report::document {
namespace {

std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    const std::string_view name = reference(c);
    if (name.empty()) {
      out += c;
    } else {
      out += name;
    }
  }
  return out;
}

std::string markdown_escaped(std::string_view text) {
  constexpr std::string_view markup = "\\`*_{}[]()#+!|~";
  const std::string safe = printable(text);
  std::string out;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const char c = safe[i];
    // References rather than backslashes for what HTML reads before Markdown does, and for what
    // services turn into links, mentions and formulas.
    if (c == '<' || c == '>' || c == '&') {
      out += reference(c);
    } else if (c == '@') {
      out += "&#64;";
    } else if (c == ':' && safe.compare(i, 3, "://") == 0) {
      out += "&#58;";
    } else if (c == '$') {
      out += "&#36;";
    } else {
      if (markup.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string script_safe(std::string json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string csp_digest(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Sha256 digest;
  digest.update(text);
  const std::string hex = digest.finish();
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : hex) {
    bits = (bits << 4) | static_cast<uint32_t>(hex_digit(c));
    held += 4;
    if (held >= 6) {
      held -= 6;
      out += alphabet[(bits >> held) & 63U];
    }
  }
  // 256 bits are 42 characters and 4 bits; base64 fills them up and says so with one "=".
  out += alphabet[(bits << (6 - held)) & 63U];
  return out + '=';
}

}  // namespace aqua::report::document
