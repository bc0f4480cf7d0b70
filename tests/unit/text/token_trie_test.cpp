#include "token_trie.hpp"

#include <gmock/gmock.h>

namespace aqua::text {
namespace {

TEST(TokenTrie, FindsTheLongest) {
  TokenTrie trie;
  EXPECT_TRUE(trie.empty());
  EXPECT_TRUE(trie.add("<a>", 0));
  EXPECT_TRUE(trie.add("<a>b", 1));
  EXPECT_TRUE(trie.add("<a>bcd", 2));
  EXPECT_FALSE(trie.add("<a>b", 3));
  EXPECT_FALSE(trie.empty());
  const std::string_view text = "x<a>bce<a>";
  EXPECT_EQ(trie.longest_at(text, 0).value, -1);
  EXPECT_EQ(trie.longest_at(text, 1).value, 1);
  EXPECT_EQ(trie.longest_at(text, 1).length, 4u);
  EXPECT_EQ(trie.longest_at(text, 7).value, 0);
  EXPECT_EQ(trie.longest_at(text, 9).value, -1);
}

TEST(TokenTrie, PrefixesOfTextsAreNotTexts) {
  TokenTrie trie;
  trie.add("\u0939\u0948", 4);
  EXPECT_EQ(trie.longest_at("\u0939", 0).value, -1);
  EXPECT_EQ(trie.longest_at("\u0939\u0948\u0902", 0).value, 4);
}

}  // namespace
}  // namespace aqua::text
