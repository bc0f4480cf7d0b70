#include "unicode/character_map.hpp"

#include "aqua/core/error.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

uint32_t read_uint32(std::string_view bytes, std::size_t at) {
  uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
  }
  return value;
}

// The fields of a unit of darts-clone.
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t value(uint32_t unit) { return unit & 0x7FFFFFFFu; }
uint32_t label(uint32_t unit) { return unit & 0x800000FFu; }
std::size_t offset(uint32_t unit) {
  return static_cast<std::size_t>(unit >> 10) << ((unit & 1u << 9) >> 6);
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u; }

}  // namespace

CharacterMap::CharacterMap(std::string_view bytes, std::string_view context) {
  if (bytes.size() < 4) {
    fail<FormatError>("{}: expected at least 4 bytes, found {}", context, bytes.size());
  }
  const std::size_t size = read_uint32(bytes, 0);
  if (size < 4 || size % 4 != 0 || size >= bytes.size() - 4) {
    fail<FormatError>("{}: expected a trie of a multiple of 4 and below {} bytes, found {} bytes",
                      context, bytes.size() - 4, size);
  }
  units_.reserve(size / 4);
  for (std::size_t at = 4; at < 4 + size; at += 4) units_.push_back(read_uint32(bytes, at));
  texts_ = bytes.substr(4 + size);
  if (const auto invalid = find_invalid_utf8(texts_)) {
    fail<FormatError>("{}: not valid UTF-8 at byte {}", context, 4 + size + *invalid);
  }
  if (texts_.back() != '\0') fail<FormatError>("{}: the last text does not end", context);
  check_trie(context);
}

// Visits every unit that a look-up can come to.
void CharacterMap::check_trie(std::string_view context) const {
  std::vector<bool> seen(units_.size(), false);
  std::vector<std::size_t> nodes{offset(units_[0])};
  const auto check_leaf = [&](std::size_t node) {
    const uint32_t at = value(units_[node]);
    if (at >= texts_.size() || continues_character(texts_[at])) {
      fail<FormatError>("{}: the trie leads to the text at byte {}, where none begins", context,
                        at);
    }
  };
  while (!nodes.empty()) {
    const std::size_t node = nodes.back();
    nodes.pop_back();
    if ((node | 0xFF) >= units_.size()) {
      fail<FormatError>("{}: the trie leads to unit {}, expected one below {}", context,
                        node | 0xFF, units_.size());
    }
    for (uint32_t byte = 1; byte < 256; ++byte) {
      const std::size_t next = node ^ byte;
      if (seen[next] || label(units_[next]) != byte) continue;
      seen[next] = true;
      nodes.push_back(next ^ offset(units_[next]));
      if (has_leaf(units_[next]) && nodes.back() < units_.size()) check_leaf(nodes.back());
    }
  }
}

std::optional<std::string_view> CharacterMap::find(std::string_view text) const {
  std::size_t at = offset(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    at ^= byte;
    const uint32_t next = units_[at];
    if (label(next) != byte) break;
    at ^= offset(next);
    if (has_leaf(next)) {
      const std::size_t begin = value(units_[at]);
      return std::string_view(texts_).substr(begin, texts_.find('\0', begin) - begin);
    }
  }
  return std::nullopt;
}

}  // namespace aqua::text
