#include "aqua/report/text_layout.hpp"

#include <gmock/gmock.h>

namespace aqua::report {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("漢字"), 4U);                     // two columns each
  EXPECT_EQ(display_width("e\u0301"), 1U);                  // combining acute accent
  EXPECT_EQ(display_width("हिन्दी"), display_width("हनद"));  // vowel signs and virama take none
}

TEST(DisplayWidth, CountsBytesThatAreNotUtf8) { EXPECT_EQ(display_width("a\xff\xfe"), 3U); }

TEST(Pad, FillsToTheDisplayWidth) {
  EXPECT_EQ(pad("漢", 4, Align::left), "漢  ");
  EXPECT_EQ(pad("漢", 4, Align::right), "  漢");
  EXPECT_EQ(pad("abcdef", 4, Align::right), "abcdef");
}

TEST(Wrap, BreaksAtSpaces) {
  EXPECT_EQ(wrap("aa bb cc dd", 5), "aa bb\ncc dd\n");
  EXPECT_EQ(wrap("aa bb cc", 6, 2), "  aa\n  bb\n  cc\n");
  EXPECT_EQ(wrap(""), "");
}

TEST(Wrap, LeavesLongWordsWhole) { EXPECT_EQ(wrap("a bbbbbbbb c", 4), "a\nbbbbbbbb\nc\n"); }

TEST(Wrap, MeasuresDisplayWidth) { EXPECT_EQ(wrap("漢 字 字", 5), "漢 字\n字\n"); }

TEST(Printable, EscapesWhatSteersTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // C1 control
  EXPECT_EQ(printable("a\xff"), "a\\xff");
  EXPECT_EQ(printable("हिन्दी 漢"), "हिन्दी 漢");
}

}  // namespace
}  // namespace aqua::report
