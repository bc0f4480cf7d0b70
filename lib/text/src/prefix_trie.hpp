// Finding all of a fixed set of texts that stand at a place.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace aqua::text {

/// A trie over bytes, made at once: a node's children are neighbours, so that it takes ten bytes a
/// node and a step looks at one short run of memory. (TokenTrie, which grows text by text, is for
/// small sets.)
class PrefixTrie {
 public:
  /// Texts with their values; of equal texts the last counts, empty ones never match.
  explicit PrefixTrie(std::vector<std::pair<std::string_view, int32_t>> entries);

  /// Calls found(length, value) for each text that `rest` starts with, from the shortest on.
  template <class Found>
  void for_each_prefix(std::string_view rest, const Found& found) const {
    if (rest.empty()) return;
    int32_t node = roots_[static_cast<unsigned char>(rest[0])];
    for (std::size_t length = 1; node >= 0; ++length) {
      if (values_[node] >= 0) found(length, values_[node]);
      if (length == rest.size()) return;
      node = child(node, static_cast<unsigned char>(rest[length]));
    }
  }

 private:
  int32_t child(int32_t node, unsigned char label) const {
    const auto begin = labels_.begin() + first_child_[node];
    const auto end = labels_.begin() + first_child_[node + 1];
    const auto at = std::lower_bound(begin, end, label);
    return at != end && *at == label ? static_cast<int32_t>(at - labels_.begin()) : -1;
  }

  std::array<int32_t, 256> roots_;     // nodes of the first bytes; −1: none
  std::vector<unsigned char> labels_;  // [nodes] the byte that leads to the node
  std::vector<int32_t> values_;        // [nodes] −1: no text ends here
  // [nodes + 1] the node's children are those from its entry up to the next node's.
  std::vector<int32_t> first_child_;
};

}  // namespace aqua::text
