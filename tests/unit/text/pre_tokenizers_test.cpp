#include "pre_tokenizers/pre_tokenizers.hpp"

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> cut(std::string_view config, std::string_view text) {
  return test::apply_step(make_pre_tokenizer, config, text);
}

std::vector<std::string> split(std::string_view behavior, bool invert, std::string_view text) {
  return cut(
      fmt::format(R"({{"type":"Split","pattern":{{"String":"-"}},"behavior":"{}","invert":{}}})",
                  behavior, invert),
      text);
}

TEST(PreTokenizers, SplitBehaviors) {
  const std::string_view text = "the-final--countdown-";
  EXPECT_THAT(split("Removed", false, text), ElementsAre("the", "final", "countdown"));
  EXPECT_THAT(split("Isolated", false, text),
              ElementsAre("the", "-", "final", "-", "-", "countdown", "-"));
  EXPECT_THAT(split("MergedWithPrevious", false, text),
              ElementsAre("the-", "final-", "-", "countdown-"));
  EXPECT_THAT(split("MergedWithNext", false, text),
              ElementsAre("the", "-final", "-", "-countdown", "-"));
  EXPECT_THAT(split("Contiguous", false, text),
              ElementsAre("the", "-", "final", "--", "countdown", "-"));
}

TEST(PreTokenizers, SplitInverted) {
  const std::string_view text = "-a--b";
  EXPECT_THAT(split("Removed", true, text), ElementsAre("-", "-", "-"));
  EXPECT_THAT(split("Isolated", true, text), ElementsAre("-", "a", "-", "-", "b"));
  EXPECT_THAT(split("MergedWithPrevious", true, text), ElementsAre("-a", "-", "-b"));
  EXPECT_THAT(split("MergedWithNext", true, text), ElementsAre("-", "a-", "-", "b"));
  EXPECT_THAT(split("Contiguous", true, text), ElementsAre("-", "a", "--", "b"));
}

TEST(PreTokenizers, SplitByAnEmptyPatternIsByCharacters) {
  EXPECT_THAT(
      cut(R"({"type":"Split","pattern":{"String":""},"behavior":"Isolated","invert":false})",
          "a\u0939b"),
      ElementsAre("a", "\u0939", "b"));
}

TEST(PreTokenizers, ByteLevel) {
  EXPECT_THAT(cut(R"({"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true})",
                  "Hello I'll  see\n"),
              ElementsAre("\u0120Hello", "\u0120I", "'ll", "\u0120", "\u0120see", "\u010A"));
  EXPECT_THAT(
      cut(R"({"type":"ByteLevel","add_prefix_space":false,"use_regex":false})", "a b\u00E9"),
      ElementsAre("a\u0120b\u00C3\u00A9"));
  EXPECT_THAT(cut(R"({"type":"ByteLevel","add_prefix_space":true,"use_regex":false})", " a"),
              ElementsAre("\u0120a"));
}

TEST(PreTokenizers, Digits) {
  EXPECT_THAT(cut(R"({"type":"Digits","individual_digits":false})", "a12b\u0967\u00BD\U00011DE0"),
              ElementsAre("a", "12", "b", "\u0967\u00BD\U00011DE0"));
  EXPECT_THAT(cut(R"({"type":"Digits","individual_digits":true})", "a12"),
              ElementsAre("a", "1", "2"));
}

TEST(PreTokenizers, Punctuation) {
  EXPECT_THAT(cut(R"({"type":"Punctuation"})", "a$,b\u0964\u20AC"),
              ElementsAre("a", "$", ",", "b", "\u0964", "\u20AC"));
  // U+061D is punctuation since Unicode 14, U+166D was until 12.
  EXPECT_THAT(cut(R"({"type":"Punctuation","behavior":"Removed"})", "a\u061Db\u166Dc"),
              ElementsAre("a\u061Db", "c"));
}

TEST(PreTokenizers, Whitespace) {
  EXPECT_THAT(cut(R"({"type":"Whitespace"})", "Hey, \u0915\u094D\u0937 \u200Dx!?"),
              ElementsAre("Hey", ",", "\u0915\u094D\u0937", "\u200Dx", "!?"));
  EXPECT_THAT(cut(R"({"type":"WhitespaceSplit"})", " a,\u3000b\n"), ElementsAre("a,", "b"));
  EXPECT_THAT(cut(R"({"type":"CharDelimiterSplit","delimiter":"."})", "a..b."),
              ElementsAre("a", "b"));
}

TEST(PreTokenizers, Metaspace) {
  const auto metaspace = [](std::string_view scheme, std::string_view text) {
    return cut(
        fmt::format(R"({{"type":"Metaspace","replacement":"_","prepend_scheme":"{}"}})", scheme),
        text);
  };
  EXPECT_THAT(metaspace("always", "Hey  you"), ElementsAre("_Hey", "_", "_you"));
  EXPECT_THAT(metaspace("always", " a"), ElementsAre("_a"));
  EXPECT_THAT(metaspace("always", "_a"), ElementsAre("_a"));
  EXPECT_THAT(metaspace("never", "a b"), ElementsAre("a", "_b"));
  EXPECT_THAT(
      cut(R"({"type":"Metaspace","replacement":"_","add_prefix_space":false,"split":false})",
          "a b"),
      ElementsAre("a_b"));
}

TEST(PreTokenizers, MetaspaceFirstMarksOnlyTheStartOfTheText) {
  const std::string_view steps =
      R"({"type":"Sequence","pretokenizers":[{"type":"CharDelimiterSplit","delimiter":"."},
          {"type":"Metaspace","replacement":"_","prepend_scheme":"first"}]})";
  EXPECT_THAT(cut(steps, "a.b"), ElementsAre("_a", "b"));
  EXPECT_THAT(cut(steps, ".b"), ElementsAre("b"));
}

TEST(PreTokenizers, EmptyTextStaysEmpty) {
  EXPECT_THAT(cut(R"({"type":"ByteLevel","add_prefix_space":true})", ""), IsEmpty());
}

TEST(PreTokenizers, RefusesByName) {
  EXPECT_EQ(format_error([] {
              cut(R"({"type":"Sequence","pretokenizers":[{"type":"UnicodeScripts"}]})", "");
            }),
            "t.json: \"pretokenizers[0].type\": expected one of the supported types ByteLevel, "
            "CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace, "
            "WhitespaceSplit, found \"UnicodeScripts\"");
  EXPECT_EQ(format_error([] { split("Merged", false, ""); }),
            "t.json: \"behavior\": expected Removed, Isolated, Contiguous, MergedWithPrevious or "
            "MergedWithNext, found \"Merged\"");
  EXPECT_EQ(format_error([] { cut(R"({"type":"Digits","individual_digits":1})", ""); }),
            "t.json: \"individual_digits\": expected true or false, found 1");
  EXPECT_EQ(format_error([] {
              cut(R"({"type":"Metaspace","replacement":"__","prepend_scheme":"first"})", "");
            }),
            "t.json: \"replacement\": expected one character, found \"__\"");
  EXPECT_EQ(format_error([] {
              cut(R"({"type":"Metaspace","replacement":"_","prepend_scheme":"last"})", "");
            }),
            "t.json: \"prepend_scheme\": expected first, never or always, found \"last\"");
  EXPECT_EQ(format_error([] { cut(R"({"type":"CharDelimiterSplit","delimiter":""})", ""); }),
            "t.json: \"delimiter\": expected one character, found \"\"");
}

TEST(PreTokenizers, RefusesDeepNesting) {
  std::string config = R"({"type":"Whitespace"})";
  for (int i = 0; i < 40; ++i) config = R"({"type":"Sequence","pretokenizers":[)" + config + "]}";
  EXPECT_THAT(format_error([&] { cut(config, ""); }),
              ::testing::HasSubstr("expected no deeper nesting, found an object"));
}

}  // namespace
}  // namespace aqua::text
