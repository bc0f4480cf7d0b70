#include "prefix_trie.hpp"

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::pair<std::size_t, int32_t>> find(const PrefixTrie& trie, std::string_view text) {
  std::vector<std::pair<std::size_t, int32_t>> found;
  trie.for_each_prefix(
      text, [&](std::size_t length, int32_t value) { found.emplace_back(length, value); });
  return found;
}

TEST(PrefixTrie, FindsAllFromTheShortestOn) {
  const PrefixTrie trie({{"abc", 0}, {"a", 1}, {"b", 2}, {"ab", 3}, {"ad", 4}, {"\xFF\x01", 5}});
  EXPECT_THAT(find(trie, "abcd"), ElementsAre(Pair(1, 1), Pair(2, 3), Pair(3, 0)));
  EXPECT_THAT(find(trie, "ad"), ElementsAre(Pair(1, 1), Pair(2, 4)));
  EXPECT_THAT(find(trie, "b"), ElementsAre(Pair(1, 2)));
  EXPECT_THAT(find(trie, "\xFF\x01"), ElementsAre(Pair(2, 5)));
  EXPECT_THAT(find(trie, "\xFF\x02"), IsEmpty());
  EXPECT_THAT(find(trie, "c"), IsEmpty());
  EXPECT_THAT(find(trie, ""), IsEmpty());
}

TEST(PrefixTrie, LastOfEqualTextsCountsAndEmptyOnesNever) {
  const PrefixTrie trie({{"a", 0}, {"", 1}, {"a", 2}});
  EXPECT_THAT(find(trie, "ab"), ElementsAre(Pair(1, 2)));
  EXPECT_THAT(find(PrefixTrie({}), "a"), IsEmpty());
}

TEST(PrefixTrie, AllByteValues) {
  std::vector<std::string> texts;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; b += 5) texts.push_back({static_cast<char>(a), static_cast<char>(b)});
  }
  std::vector<std::pair<std::string_view, int32_t>> entries;
  for (const auto& text : texts) entries.emplace_back(text, static_cast<int32_t>(entries.size()));
  const PrefixTrie trie(entries);
  for (const auto& [text, value] : entries) {
    EXPECT_THAT(find(trie, std::string(text) + "x"), ElementsAre(Pair(2, value)));
  }
}

}  // namespace
}  // namespace aqua::text
