// SentencePiece's "precompiled_charsmap": which texts become which, compiled into a double-array
// trie (Aoe 1989; the layout is that of darts-clone).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aqua::text {

class CharacterMap {
 public:
  /// Bytes: the size of the trie in bytes (32 bits, little-endian), the trie's units (32 bits
  /// each), and the new texts, each ending in a zero byte. Checks all of it, so that no look-up
  /// can lead out of the tables. FormatError, starting with `context`, when one would.
  CharacterMap(std::string_view bytes, std::string_view context);

  /// What the shortest text that stands at the start of `text` and has an entry becomes; nothing
  /// when there is none.
  std::optional<std::string_view> find(std::string_view text) const;

 private:
  void check_trie(std::string_view context) const;

  std::vector<uint32_t> units_;
  std::string texts_;
};

}  // namespace aqua::text
