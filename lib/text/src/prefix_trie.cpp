#include "prefix_trie.hpp"

namespace aqua::text {

PrefixTrie::PrefixTrie(std::vector<std::pair<std::string_view, int32_t>> entries) {
  roots_.fill(-1);
  std::erase_if(entries, [](const auto& entry) { return entry.first.empty(); });
  std::ranges::stable_sort(entries, {}, [](const auto& entry) { return entry.first; });
  // The entries under each node, level by level: then children are numbered in sequence.
  struct Range {
    std::size_t begin;
    std::size_t end;
    std::size_t depth;  // bytes that they have in common
  };
  std::vector<Range> nodes;
  const auto append_children = [&](std::size_t begin, std::size_t end, std::size_t depth) {
    while (begin < end) {
      const auto label = static_cast<unsigned char>(entries[begin].first[depth]);
      std::size_t next = begin;
      while (next < end && static_cast<unsigned char>(entries[next].first[depth]) == label) ++next;
      labels_.push_back(label);
      nodes.push_back({begin, next, depth + 1});
      begin = next;
    }
  };
  append_children(0, entries.size(), 0);
  for (std::size_t root = 0; root < nodes.size(); ++root) {
    roots_[labels_[root]] = static_cast<int32_t>(root);
  }
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    Range range = nodes[node];
    int32_t value = -1;
    for (; range.begin < range.end && entries[range.begin].first.size() == range.depth;
         ++range.begin) {
      value = entries[range.begin].second;
    }
    values_.push_back(value);
    first_child_.push_back(static_cast<int32_t>(nodes.size()));
    append_children(range.begin, range.end, range.depth);
  }
  first_child_.push_back(static_cast<int32_t>(nodes.size()));
}

}  // namespace aqua::text
