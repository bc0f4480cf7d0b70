#include "token_trie.hpp"

namespace aqua::text {

TokenTrie::TokenTrie() : values_{-1} {}

bool TokenTrie::add(std::string_view text, int32_t value) {
  starts_[static_cast<unsigned char>(text[0])] = true;
  int32_t node = 0;
  for (const char byte : text) {
    const auto [next, is_new] =
        edges_.emplace(edge(node, byte), static_cast<int32_t>(values_.size()));
    if (is_new) values_.push_back(-1);
    node = next->second;
  }
  if (values_[node] >= 0) return false;
  values_[node] = value;
  return true;
}

TokenTrie::Found TokenTrie::longest_at(std::string_view text, std::size_t at) const {
  Found best;
  if (!starts_[static_cast<unsigned char>(text[at])]) return best;
  int32_t node = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const auto next = edges_.find(edge(node, text[i]));
    if (next == edges_.end()) break;
    node = next->second;
    if (values_[node] >= 0) best = {values_[node], i + 1 - at};
  }
  return best;
}

}  // namespace aqua::text
