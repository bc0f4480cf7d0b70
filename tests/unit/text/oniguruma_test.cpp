#include "regex/oniguruma.hpp"

#include "regex/regex.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> matches(std::string_view pattern, std::string_view subject) {
  std::vector<Match> found;
  Regex(translate_oniguruma(pattern, "p"), "p").find_all(subject, found);
  std::vector<std::string> result;
  for (const Match& match : found) {
    result.emplace_back(subject.substr(match.begin, match.end - match.begin));
  }
  return result;
}

std::string refusal(std::string_view pattern) {
  return format_error([&] { translate_oniguruma(pattern, "t.json: \"pattern\""); });
}

TEST(Oniguruma, WhiteSpaceIsTheUnicodeProperty) {
  // U+180E is white space to PCRE2's \s.
  EXPECT_THAT(matches(R"(\s)", "\u180E\u00A0\u0085\u200B"), ElementsAre("\u00A0", "\u0085"));
  EXPECT_THAT(matches(R"([^\s])", "\u180E "), ElementsAre("\u180E"));
  EXPECT_THAT(matches(R"([^\S\n]+)", "\n \t\n"), ElementsAre(" \t"));
  EXPECT_THAT(matches(R"(\s+(?!\S)|\s+)", "a   b  "), ElementsAre("  ", " ", "  "));
}

TEST(Oniguruma, CategoriesAreThoseOfUnicode16) {
  EXPECT_THAT(matches(R"(\p{L}+)", "a\u1C89\U00031350."), ElementsAre("a\u1C89\U00031350"));
  EXPECT_THAT(matches(R"([^\p{L}]+)", "\u1C89.\U00031350"), ElementsAre("."));
  EXPECT_THAT(matches(R"(\P{L}+)", "\u1C89.\U00031350"), ElementsAre("."));
  EXPECT_THAT(matches(R"(\p{^L}+)", "\u1C89.a"), ElementsAre("."));
  EXPECT_THAT(matches(R"(\p{Lu})", "\u1C89\u1C8A"), ElementsAre("\u1C89"));
  EXPECT_THAT(matches(R"(\p{M})", "\u0897\u0CF3x"), ElementsAre("\u0897", "\u0CF3"));
  EXPECT_THAT(matches(R"(\d\D)", "\U0001E4F0x"), ElementsAre("\U0001E4F0x"));
}

TEST(Oniguruma, WordsIncludeMarksAndLatin1Numbers) {
  EXPECT_THAT(matches(R"(\w+)", "\u0915\u094D\u0937\u00B2_\u2160-\u2460\u24B6\u203F"),
              ElementsAre("\u0915\u094D\u0937\u00B2_\u2160", "\u24B6\u203F"));
  EXPECT_THAT(matches(R"(\W)", "a-\u200D"), ElementsAre("-", "\u200D"));
}

TEST(Oniguruma, IntervalsArePlainBehindPlus) {
  EXPECT_THAT(matches(R"(\d{1,3}+)", "1234567"), ElementsAre("1234567"));
  EXPECT_THAT(matches("(?:ab){2}+", "ababababab"), ElementsAre("abababab"));
  EXPECT_THAT(matches("x[ab]{2}?y", "xyxaby"), ElementsAre("xy", "xaby"));
  EXPECT_THAT(matches("a{1,2}?b", "aab"), ElementsAre("aab"));
  EXPECT_THAT(matches("^a{,2}", "aaa"), ElementsAre("aa"));
  EXPECT_THAT(matches("a{,}|a{x}|{", "a{,}a{x}{"), ElementsAre("a{,}", "a{x}", "{"));
}

TEST(Oniguruma, PossessiveAndLazyQuantifiersPass) {
  EXPECT_THAT(matches("a++b|a+?c", "aab aac"), ElementsAre("aab", "aac"));
  EXPECT_THAT(matches("a++ab", "aaab"), IsEmpty());
  EXPECT_THAT(matches("(?>a+)ab", "aaab"), IsEmpty());
}

TEST(Oniguruma, CaseInsensitiveGroups) {
  EXPECT_THAT(matches("(?i:'s|'LL)x", "'Sx 'llx 'LLX"), ElementsAre("'Sx", "'llx"));
  EXPECT_THAT(matches("(?i:'s)", "'\u017F"), ElementsAre("'\u017F"));  // long s folds to s
  EXPECT_THAT(matches("(?i)k", "\u212A"), ElementsAre("\u212A"));  // so does the Kelvin sign to k
}

TEST(Oniguruma, EscapesAreRubys) {
  EXPECT_THAT(matches(R"(\v|\u0939|\x41|\x{1F600}|\-)", "\v\u0939A\U0001F600-\n"),
              ElementsAre("\v", "\u0939", "A", "\U0001F600", "-"));
  EXPECT_THAT(matches(R"([\]\[\-\\a-c]+)", "[a]-\\bd"), ElementsAre("[a]-\\b"));
  EXPECT_THAT(matches(R"([\w-]+)", "a-b c"), ElementsAre("a-b", "c"));
  EXPECT_THAT(matches("[-+a-c-]+", "-b+d"), ElementsAre("-b+"));
}

TEST(Oniguruma, RefusesWhatDiffersByName) {
  const auto message = [](std::string_view what, std::string_view pattern) {
    return fmt::format("t.json: \"pattern\": {} is not supported in the pattern {}", what, pattern);
  };
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"(\bword\b)", R"(\b)"},
      {R"(\h)", R"(\h)"},
      {R"((a)\1)", R"(\1)"},
      {R"(\p{Han})", R"(\p{Han})"},
      {R"([\p{Mn}])", R"(\p{Mn})"},
      {R"(\P{Cn})", R"(\P{Cn})"},
      {R"(\pL)", R"(\p without {)"},
      {R"(\p{L)", R"(an unclosed \p{)"},
      {R"([a&&b])", R"(&& in a bracket expression)"},
      {R"([a[b]])", R"(a bracket expression inside another)"},
      {R"([\P{L}])", R"(a negated set in a bracket expression)"},
      {R"([a-\d])", R"(a range that ends in a set)"},
      {R"([])", R"(an empty bracket expression)"},
      {R"([a)", R"(an unclosed bracket expression)"},
      {R"((?m:a))", R"("(?m")"},
      {R"((?<x>a))", R"("(?<")"},
      {R"((*ACCEPT))", R"("(*A")"},
      {R"(a(?i)b)", R"("(?i")"},
      {R"((?i:st))", R"(case-insensitive ff, fi, fl, ss or st)"},
      {"(?i:\u00DF)", R"(case-insensitive matching outside ASCII)"},
      {R"((?i:\p{Lu}))", R"(case-insensitive \p{Lu})"},
      {R"(\xE0)", R"(this hexadecimal escape)"},
      {R"(\x{110000})", R"(this hexadecimal escape)"},
      {R"(\uD800)", R"(this hexadecimal escape)"},
      {R"((a)", R"(an unclosed group)"},
      {R"(a))", R"(an unmatched ))"},
      {R"(|{2})", R"(a quantifier with nothing to repeat)"},
      {"a\\", R"(a \ at the end)"},
      {"[a\\", R"(a \ at the end)"},
  };
  for (const auto& [pattern, what] : cases) EXPECT_EQ(refusal(pattern), message(what, pattern));
}

}  // namespace
}  // namespace aqua::text
