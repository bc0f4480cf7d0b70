#include "utf8.hpp"

#include <gmock/gmock.h>

namespace aqua::text {
namespace {

using ::testing::Optional;

TEST(Utf8, AcceptsTheBoundariesOfEachLength) {
  for (const char32_t c :
       {0x00u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string text;
    append_code_point(text, c);
    EXPECT_EQ(find_invalid_utf8(text), std::nullopt) << std::hex << static_cast<uint32_t>(c);
    EXPECT_EQ(code_point_at(text, 0), c);
    EXPECT_EQ(sequence_length(text[0]), text.size());
    EXPECT_EQ(previous_code_point("x" + text, text.size() + 1), 1u);
  }
}

TEST(Utf8, NamesTheByteWhereItGoesWrong) {
  EXPECT_THAT(find_invalid_utf8("abc\x80"), Optional(3u));           // lone continuation
  EXPECT_THAT(find_invalid_utf8("\xC0\x80"), Optional(0u));          // overlong
  EXPECT_THAT(find_invalid_utf8("\xC1\xBF"), Optional(0u));          // overlong
  EXPECT_THAT(find_invalid_utf8("a\xE0\x9F\xBF"), Optional(1u));     // overlong
  EXPECT_THAT(find_invalid_utf8("\xF0\x8F\xBF\xBF"), Optional(0u));  // overlong
  EXPECT_THAT(find_invalid_utf8("\xED\xA0\x80"), Optional(0u));      // surrogate
  EXPECT_THAT(find_invalid_utf8("\xF4\x90\x80\x80"), Optional(0u));  // above U+10FFFF
  EXPECT_THAT(find_invalid_utf8("\xF5\x80\x80\x80"), Optional(0u));
  EXPECT_THAT(find_invalid_utf8("12345678\xE0\xA4"), Optional(8u));  // cut off
  EXPECT_THAT(find_invalid_utf8("1234567\xFF"
                                "9abcdefgh"),
              Optional(7u));  // in eight bytes at once
}

TEST(Utf8, WhiteSpaceIsUnicodes) {
  int count = 0;
  for (char32_t c = 0; c < 0x110000; ++c) count += is_white_space(c) ? 1 : 0;
  EXPECT_EQ(count, 25);
  EXPECT_FALSE(is_white_space(0x180E));  // was one until Unicode 6.3
  EXPECT_FALSE(is_white_space(0x200B));
}

TEST(Utf8, MeasuresWhiteSpaceAtBothEnds) {
  EXPECT_EQ(leading_white_space(" \t\u3000x "), 5u);
  EXPECT_EQ(trailing_white_space(" x\u3000\n"), 4u);
  EXPECT_EQ(leading_white_space("\u2003 "), 4u);
  EXPECT_EQ(trailing_white_space("\u2003 "), 4u);
  EXPECT_EQ(leading_white_space(""), 0u);
  EXPECT_EQ(trailing_white_space(""), 0u);
}

}  // namespace
}  // namespace aqua::text
