#include "pieces.hpp"

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::texts;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int64_t> origins(const Pieces& pieces) {
  std::vector<int64_t> result;
  for (std::size_t i = 0; i < pieces.text().size(); ++i) result.push_back(pieces.origin(i));
  return result;
}

TEST(Pieces, EmptyTextHasNone) { EXPECT_THAT(texts(Pieces("")), IsEmpty()); }

TEST(Pieces, SplitKeepsTokensAndDropsEmptyParts) {
  Pieces pieces("abcdef");
  pieces.split([](std::string_view, std::vector<Piece>& parts) {
    parts = {{0, 2}, {2, 2}, {2, 4, 7}, {5, 6}};
  });
  EXPECT_THAT(texts(pieces), ElementsAre("ab", "cd", "f"));
  EXPECT_EQ(pieces.pieces()[1].token, 7);
  pieces.split([](std::string_view text, std::vector<Piece>& parts) {
    EXPECT_NE(text, "cd");
    parts = {{0, 1}};
  });
  EXPECT_THAT(texts(pieces), ElementsAre("a", "cd", "f"));
}

TEST(Pieces, RewriteRemembersOrigins) {
  Pieces pieces("abcdef");
  pieces.split([](std::string_view, std::vector<Piece>& parts) { parts = {{1, 6}}; });
  pieces.rewrite([](std::string_view text, Rewriter& output) {
    EXPECT_EQ(text, "bcdef");
    output.replace(0, "^");
    output.keep(1);
    output.replace(2, "XYZ", 1);
    output.drop(1);
    output.keep(1);
  });
  EXPECT_THAT(texts(pieces), ElementsAre("^bXYZf"));
  EXPECT_THAT(origins(pieces), ElementsAre(1, 1, 3, 3, 3, 5));
  pieces.rewrite([](std::string_view text, Rewriter& output) {
    output.drop(2);
    output.keep(text.size() - 2);
    output.replace(0, "$");  // behind the end: counts as the last byte
  });
  EXPECT_THAT(texts(pieces), ElementsAre("XYZf$"));
  EXPECT_THAT(origins(pieces), ElementsAre(3, 3, 3, 5, 5));
}

TEST(Pieces, RewriteLeavesTokensAndDropsWhatBecomesEmpty) {
  Pieces pieces("abcd");
  pieces.split([](std::string_view, std::vector<Piece>& parts) {
    parts = {{0, 1}, {1, 3, 5}, {3, 4}};
  });
  pieces.rewrite([](std::string_view text, Rewriter& output) { output.drop(text.size()); });
  EXPECT_THAT(texts(pieces), ElementsAre("bc"));
  EXPECT_EQ(pieces.pieces()[0].token, 5);
  EXPECT_EQ(pieces.origin(pieces.pieces()[0].begin), 1);
}

}  // namespace
}  // namespace aqua::text
