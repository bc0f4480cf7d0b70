#include "models/bpe.hpp"

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using nlohmann::json;
using test::format_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json letters() {
  return json::parse(R"({"type": "BPE", "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "abab": 4},
                         "merges": [["a", "b"], ["ab", "ab"]]})");
}

Encoding encode(const json& config, std::string_view text) {
  Encoding encoding;
  make_model(JsonNode(config, "t.json"))->encode(Pieces(text), encoding);
  return encoding;
}

std::string refusal(const json& config) {
  return format_error([&] { make_model(JsonNode(config, "t.json")); });
}

TEST(Bpe, MergesAndSaysWhereTokensBegin) {
  const Encoding encoding = encode(letters(), "aababab");
  EXPECT_THAT(encoding.ids, ElementsAre(1, 4, 3));
  EXPECT_THAT(encoding.starts, ElementsAre(0, 1, 5));
}

TEST(Bpe, BothSpellingsOfMerges) {
  json config = letters();
  config["merges"] = {"#version: 0.2", "a b", "ab ab"};
  EXPECT_THAT(encode(config, "abab").ids, ElementsAre(4));
  config.erase("type");  // as in the first files
  EXPECT_THAT(encode(config, "abab").ids, ElementsAre(4));
}

TEST(Bpe, UnknownCharactersVanishOrBecomeTokens) {
  json config = letters();
  EXPECT_THAT(encode(config, "xa\u0939").ids, ElementsAre(1));
  EXPECT_THAT(encode(config, "xyz").ids, IsEmpty());
  config["unk_token"] = "<unk>";
  const Encoding separate = encode(config, "x\u0939ay");
  EXPECT_THAT(separate.ids, ElementsAre(0, 0, 1, 0));
  EXPECT_THAT(separate.starts, ElementsAre(0, 1, 4, 5));
  config["fuse_unk"] = true;
  const Encoding fused = encode(config, "x\u0939ay");
  EXPECT_THAT(fused.ids, ElementsAre(0, 1, 0));
  EXPECT_THAT(fused.starts, ElementsAre(0, 4, 5));
}

TEST(Bpe, ByteFallbackNeedsAllBytes) {
  json config = letters();
  config["byte_fallback"] = true;
  config["unk_token"] = "<unk>";
  config["vocab"]["<0xC3>"] = 5;
  config["vocab"]["<0xA9>"] = 6;
  EXPECT_THAT(encode(config, "a\u00E9\u00EA").ids, ElementsAre(1, 5, 6, 0));
}

TEST(Bpe, WholeWordsFirstSkipsMerges) {
  json config = letters();
  config["vocab"]["ba"] = 5;
  EXPECT_THAT(encode(config, "ba").ids, ElementsAre(2, 1));
  config["ignore_merges"] = true;
  EXPECT_THAT(encode(config, "ba").ids, ElementsAre(5));
  EXPECT_THAT(encode(config, "baa").ids, ElementsAre(2, 1, 1));
}

TEST(Bpe, PrefixAndSuffixMarkPlacesInTheWord) {
  json config =
      json::parse(R"({"type": "BPE", "continuing_subword_prefix": "##", "end_of_word_suffix": "$",
    "vocab": {"a": 0, "##b": 1, "##b$": 2, "ab$": 3, "a$": 4}, "merges": [["a", "##b$"]]})");
  EXPECT_THAT(encode(config, "ab").ids, ElementsAre(3));
  EXPECT_THAT(encode(config, "abb").ids, ElementsAre(0, 1, 2));
  EXPECT_THAT(encode(config, "a").ids, ElementsAre(4));
}

TEST(Bpe, TheLastOfTwoMergesOfAPairCounts) {
  json config = letters();
  config["vocab"]["ba"] = 5;
  config["merges"] = json::parse(R"([["a", "b"], ["b", "a"]])");
  EXPECT_THAT(encode(config, "aba").ids, ElementsAre(3, 1));
  config["merges"] = json::parse(R"([["a", "b"], ["b", "a"], ["a", "b"]])");
  EXPECT_THAT(encode(config, "aba").ids, ElementsAre(1, 5));
}

TEST(Bpe, RefusesMalformedVocabularies) {
  json config = letters();
  config["vocab"]["b"] = 1;
  EXPECT_EQ(refusal(config), "t.json: \"vocab\": \"a\" and \"b\" have the same id 1");
  config["vocab"]["b"] = 5;
  EXPECT_EQ(refusal(config),
            "t.json: \"vocab\": \"b\": expected an id from 0 to 4, one less than the "
            "number of tokens, found 5");
  config["vocab"]["b"] = -1;
  EXPECT_EQ(refusal(config),
            "t.json: \"vocab\": \"b\": expected an id from 0 to 4, one less than the "
            "number of tokens, found -1");
  config["vocab"]["b"] = "two";
  EXPECT_EQ(refusal(config),
            "t.json: \"vocab\": \"b\": expected an id from 0 to 4, one less than the "
            "number of tokens, found \"two\"");
  config["vocab"] = json::array();
  EXPECT_EQ(refusal(config), "t.json: \"vocab\": expected an object, found []");
}

TEST(Bpe, RefusesMalformedMerges) {
  json config = letters();
  config["merges"][1] = {"ab", "x"};
  EXPECT_EQ(refusal(config), "t.json: \"merges\": entry 1: \"x\" is not in the vocabulary");
  config["merges"][1] = {"ab", "b"};
  EXPECT_EQ(refusal(config), "t.json: \"merges\": entry 1: \"abb\" is not in the vocabulary");
  for (const json& bad : {json("ab"), json("a b ab"), json(1), json({"a"}), json({"a", 1})}) {
    config["merges"][1] = bad;
    EXPECT_THAT(
        refusal(config),
        ::testing::StartsWith("t.json: \"merges\": entry 1: expected a pair of tokens, found "));
  }
  config["merges"] = json::object();
  EXPECT_EQ(refusal(config), "t.json: \"merges\": expected a list, found an object");
  config = letters();
  config["continuing_subword_prefix"] = "##";
  EXPECT_EQ(refusal(config), "t.json: \"merges\": entry 0: expected \"b\" to start with \"##\"");
}

TEST(Bpe, RefusesWhatItDoesNotDo) {
  json config = letters();
  config["dropout"] = 0.1;
  EXPECT_EQ(refusal(config),
            "t.json: \"dropout\": expected null (random merges are not supported), found 0.1");
  config["dropout"] = 0.0;
  EXPECT_THAT(encode(config, "ab").ids, ElementsAre(3));
  config["unk_token"] = "[UNK]";
  EXPECT_EQ(refusal(config), "t.json: \"unk_token\": \"[UNK]\" is not in the vocabulary");
  config["type"] = "WordPiece";
  EXPECT_EQ(refusal(config),
            "t.json: \"type\": expected one of the supported types BPE, Unigram, found "
            "\"WordPiece\"");
}

}  // namespace
}  // namespace aqua::text
