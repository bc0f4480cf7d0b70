#include "regex/regex.hpp"

#include <thread>

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> matches(std::string_view pattern, std::string_view subject) {
  std::vector<Match> found;
  Regex(pattern, "p").find_all(subject, found);
  std::vector<std::string> result;
  for (const Match& match : found) {
    result.push_back(fmt::format("{}-{}", match.begin, match.end));
  }
  return result;
}

TEST(Regex, FindsFromLeftToRight) {
  EXPECT_THAT(matches(R"(\p{L}+)", "ab \u0939\u0948 c"), ElementsAre("0-2", "3-6", "10-11"))
      << "a vowel sign is a mark, not a letter";
}

TEST(Regex, EmptyMatchesCountUnlessBehindAnother) {
  EXPECT_THAT(matches("a*", "baac"), ElementsAre("0-0", "1-3", "4-4"));
  EXPECT_THAT(matches("", "\u0939\u0948"), ElementsAre("0-0", "3-3", "6-6"));
}

TEST(Regex, LinesEndAtLineFeeds) {
  EXPECT_THAT(matches("^a|b$", "a\nab\r\nb"), ElementsAre("0-1", "2-3", "6-7"));
  EXPECT_THAT(matches(".+", "a\rb\nc"), ElementsAre("0-3", "4-5"));
}

TEST(Regex, LiteralsAreEscaped) {
  const std::string odd = R"(\^$.[]|()?*+{}-#\Q\E)";
  EXPECT_THAT(matches(escape_literal(odd), "x" + odd), ElementsAre("1-21"));
}

TEST(Regex, NamesWhatDoesNotCompile) {
  EXPECT_EQ(
      format_error([] { Regex("a(", "t.json: \"x\""); }),
      "t.json: \"x\": the pattern does not compile: missing closing parenthesis (at byte 2 of "
      "a()");
}

TEST(Regex, GivesUpOnEndlessBacktracking) {
  const std::string subject(64, 'a');
  EXPECT_THAT(format_error([&] { matches("(?:a+)+[bd]", subject + "c"); }),
              HasSubstr("p: the pattern gave up at byte 0 of a text of 65 bytes: match limit"));
}

TEST(Regex, LongMatchesOutgrowTheJitStack) {
  const std::string subject(300'000, 'a');
  EXPECT_THAT(matches("(?:a|b(?=c))*c", subject + "c"), ElementsAre("0-300001"));
}

TEST(Regex, IsSafeFromSeveralThreads) {
  const Regex regex(R"(\p{L}+|\s+)", "p");
  std::string subject;
  for (int i = 0; i < 500; ++i) subject += "word \u0939\u0948  ";
  std::vector<std::size_t> counts(4);
  std::vector<std::thread> threads;
  for (std::size_t& count : counts) {
    threads.emplace_back([&] {
      std::vector<Match> found;
      regex.find_all(subject, found);
      count = found.size();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(counts, ::testing::Each(2000u));
}

}  // namespace
}  // namespace aqua::text
