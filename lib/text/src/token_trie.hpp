// Finding the longest of a set of texts.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aqua::text {

/// A trie over bytes. Matching costs one table look-up at most places of a text, as few bytes start
/// any of the texts.
class TokenTrie {
 public:
  TokenTrie();
  /// Adds a text that is not empty, with a value >= 0. False when it is there already.
  bool add(std::string_view text, int32_t value);
  bool empty() const { return values_.size() == 1; }

  struct Found {
    int32_t value = -1;  ///< −1: none
    std::size_t length = 0;
  };
  /// The longest of the texts that stand at `at`.
  Found longest_at(std::string_view text, std::size_t at) const;

 private:
  static uint64_t edge(int32_t node, char byte) {
    return static_cast<uint64_t>(node) << 8 | static_cast<unsigned char>(byte);
  }

  std::array<bool, 256> starts_{};               // bytes that start any of the texts
  std::unordered_map<uint64_t, int32_t> edges_;  // (node, byte) → node
  std::vector<int32_t> values_;                  // [node] −1: no text ends here
};

}  // namespace aqua::text
