#include "aqua/core/checked.hpp"

#include <gmock/gmock.h>

#include <array>
#include <limits>

namespace aqua {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

constexpr int64_t largest = std::numeric_limits<int64_t>::max();

TEST(Checked, Multiplies) {
  EXPECT_EQ(checked_multiply(int64_t{1} << 31U, int64_t{1} << 31U, "f"), int64_t{1} << 62U);
  EXPECT_EQ(checked_multiply(0, largest, "f"), 0);
  EXPECT_THAT([] { checked_multiply(int64_t{1} << 32U, int64_t{1} << 31U, "f"); },
              ThrowsMessage<FormatError>(StrEq("f: size 4294967296 x 2147483648 is out of range")));
  EXPECT_THAT([] { checked_multiply(-1, 4, "f"); },
              ThrowsMessage<FormatError>(StrEq("f: size -1 x 4 is out of range")));
}

TEST(Checked, Adds) {
  EXPECT_EQ(checked_add(largest - 1, 1, "f"), largest);
  EXPECT_THAT([] { checked_add(largest, 1, "f"); },
              ThrowsMessage<FormatError>(StrEq("f: size 9223372036854775807 + 1 is out of range")));
  EXPECT_THAT([] { checked_add(2, -1, "f"); },
              ThrowsMessage<FormatError>(StrEq("f: size 2 + -1 is out of range")));
}

TEST(Checked, CountsElements) {
  EXPECT_EQ(checked_elements({}, "f"), 1);
  EXPECT_EQ(checked_elements(std::array<int64_t, 3>{2, 3, 4}, "f"), 24);
  EXPECT_EQ(checked_elements(std::array<int64_t, 3>{2, 0, 4}, "f"), 0);
  EXPECT_THAT(([] {
                checked_elements(std::array<int64_t, 2>{largest, 2}, "f");
              }),
              ThrowsMessage<FormatError>(StrEq("f: size 9223372036854775807 x 2 is out of range")));
}

TEST(Checked, Narrows) {
  EXPECT_EQ((checked_narrow<int32_t>(int64_t{-5}, "f")), -5);
  EXPECT_THAT([] { checked_narrow<int32_t>(int64_t{1} << 31U, "f"); },
              ThrowsMessage<FormatError>(StrEq("f: 2147483648 is out of range")));
  EXPECT_THAT([] { checked_narrow<int64_t>(std::numeric_limits<uint64_t>::max(), "f"); },
              ThrowsMessage<FormatError>(StrEq("f: 18446744073709551615 is out of range")));
}

}  // namespace
}  // namespace aqua
