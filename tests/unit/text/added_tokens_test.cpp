#include "added_tokens.hpp"

#include "normalizers/normalizers.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;

AddedToken token(int32_t id, std::string content) {
  AddedToken result;
  result.id = id;
  result.content = std::move(content);
  return result;
}

// Pieces as text, tokens as text in braces with the id.
std::vector<std::string> split(const std::vector<AddedToken>& tokens, std::string_view text) {
  Pieces pieces(text);
  AddedTokenSplitter(tokens, false, nullptr, "t.json").apply(pieces);
  std::vector<std::string> result;
  for (const Piece& piece : pieces.pieces()) {
    result.push_back(piece.is_token() ? fmt::format("{{{}{}}}", piece.token, pieces.view(piece))
                                      : std::string(pieces.view(piece)));
  }
  return result;
}

TEST(AddedTokens, LeftmostThenLongest) {
  const std::vector tokens{token(0, "<a>"), token(1, "<a>b"), token(2, "bcd")};
  EXPECT_THAT(split(tokens, "x<a>bcd<a>"), ElementsAre("x", "{1<a>b}", "cd", "{0<a>}"));
  EXPECT_THAT(split(tokens, "<a"), ElementsAre("<a"));
}

TEST(AddedTokens, StripTakesWhiteSpace) {
  auto left = token(0, "<l>"), right = token(1, "<r>"), both = token(2, "<b>");
  left.lstrip = right.rstrip = both.lstrip = both.rstrip = true;
  const std::vector tokens{left, right, both};
  EXPECT_THAT(split(tokens, "a \u3000<l> b"), ElementsAre("a", "{0 \u3000<l>}", " b"));
  EXPECT_THAT(split(tokens, "a <r>\n\tb"), ElementsAre("a ", "{1<r>\n\t}", "b"));
  EXPECT_THAT(split(tokens, " <b> <b> "), ElementsAre("{2 <b> }", "{2<b> }"));
  EXPECT_THAT(split(tokens, "<r>  <l>"), ElementsAre("{1<r>  }", "{0<l>}"));
}

TEST(AddedTokens, SingleWordsHaveNoWordCharacterBeside) {
  auto word = token(0, "cat");
  word.single_word = true;
  EXPECT_THAT(split({word}, "cat cats, cat\u094D concat (cat)"),
              ElementsAre("{0cat}", " cats, cat\u094D concat (", "{0cat}", ")"));
  EXPECT_THAT(split({word}, "catcat \u0915cat \u0964cat"),
              ElementsAre("catcat \u0915cat \u0964", "{0cat}"));
}

TEST(AddedTokens, NormalizedOnesAreLookedForByTheirNormalizedContent) {
  const nlohmann::json lowercase = {{"type", "Lowercase"}};
  const auto normalizer = make_normalizer(JsonNode(lowercase, "t.json"));
  auto name = token(3, "Paris");
  name.normalized = true;
  const AddedTokenSplitter splitter({name, token(4, "x")}, true, normalizer.get(), "t.json");
  Pieces pieces("paris x Paris");
  splitter.apply(pieces);
  EXPECT_THAT(test::texts(pieces), ElementsAre("paris", " x Paris"));
  EXPECT_EQ(pieces.pieces()[0].token, 3);
  auto twin = token(5, "PARIS");
  twin.normalized = true;
  EXPECT_EQ(format_error([&] {
              AddedTokenSplitter({name, twin}, true, normalizer.get(), "t.json");
            }),
            "t.json: normalization makes \"PARIS\" the same as another token");
  const nlohmann::json strip = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  const auto stripper = make_normalizer(JsonNode(strip, "t.json"));
  auto blank = token(6, "  ");
  blank.normalized = true;
  EXPECT_EQ(format_error([&] { AddedTokenSplitter({blank}, true, stripper.get(), "t.json"); }),
            "t.json: normalization leaves nothing of \"  \"");
}

class ReadAddedTokens : public ::testing::Test {
 protected:
  nlohmann::json entry(std::string content, int64_t id) const {
    return {{"content", content}, {"id", id},           {"single_word", false}, {"lstrip", false},
            {"rstrip", true},     {"normalized", true}, {"special", true}};
  }
  std::vector<AddedToken> read(const std::vector<nlohmann::json>& list) const {
    const nlohmann::json entries = list;
    const nlohmann::json model = test::small_tokenizer()["model"];
    return read_added_tokens(JsonNode(entries, "t.json"), *make_model(JsonNode(model, "t.json")));
  }
  std::string refusal(const std::vector<nlohmann::json>& list) const {
    return format_error([&] { read(list); });
  }
};

TEST_F(ReadAddedTokens, TakesIdsOfTheModelOrTheNext) {
  const auto tokens = read({entry("<s>", 4), entry("b", 1), entry("</s>", 5)});
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[1].id, 1);
  EXPECT_EQ(tokens[2].id, 5);
  EXPECT_TRUE(tokens[2].rstrip);
  EXPECT_TRUE(tokens[2].normalized);
  EXPECT_FALSE(tokens[2].lstrip);
  EXPECT_FALSE(tokens[2].single_word);
}

TEST_F(ReadAddedTokens, RefusesOtherIds) {
  EXPECT_EQ(refusal({entry("b", 2)}),
            "t.json: \"[0].id\": expected 1, the id of this token in the model, found 2");
  EXPECT_EQ(refusal({entry("<s>", 4), entry("</s>", 7)}),
            "t.json: \"[1].id\": expected 5, the next free id, found 7");
  EXPECT_EQ(refusal({entry("<s>", -1)}),
            "t.json: \"[0].id\": expected an integer of at least 0, found -1");
  EXPECT_EQ(refusal({entry("<s>", int64_t{1} << 40)}),
            "t.json: \"[0].id\": 1099511627776 is out of range");
}

TEST_F(ReadAddedTokens, RefusesMalformedEntries) {
  EXPECT_EQ(refusal({entry("<s>", 4), entry("<s>", 5)}),
            "t.json: \"[1].content\": \"<s>\" appears more than once");
  EXPECT_EQ(refusal({entry("", 4)}),
            "t.json: \"[0].content\": expected a text that is not empty, found \"\"");
  auto incomplete = entry("<s>", 4);
  incomplete.erase("lstrip");
  EXPECT_EQ(refusal({incomplete}), "t.json: \"[0].lstrip\" is missing");
}

}  // namespace
}  // namespace aqua::text
