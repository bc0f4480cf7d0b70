#include "aqua/report/numbers.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace aqua::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Numbers, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1000), "-1,000");
  EXPECT_EQ(grouped(-999), "-999");
}

TEST(Numbers, Counted) {
  EXPECT_EQ(counted(1, "token"), "1 token");
  EXPECT_EQ(counted(0, "token"), "0 tokens");
  EXPECT_EQ(counted(1500, "token"), "1,500 tokens");
}

TEST(Numbers, Reals) {
  EXPECT_EQ(fixed(0.12345, 4), "0.1235");
  EXPECT_EQ(fixed(nan, 4), "-");
  EXPECT_EQ(significant(1234.5678, 6), "1234.57");
  EXPECT_EQ(significant(std::numeric_limits<double>::infinity(), 4), "-");
  EXPECT_EQ(percent(0.1234), "12.3 %");
  EXPECT_EQ(percent(nan), "-");
}

TEST(Numbers, ByteSize) {
  EXPECT_EQ(byte_size(0), "0 B");
  EXPECT_EQ(byte_size(999), "999 B");
  EXPECT_EQ(byte_size(1000), "1.0 kB");
  EXPECT_EQ(byte_size(999'960), "1.0 MB");
  EXPECT_EQ(byte_size(15'413'704), "15.4 MB");
  EXPECT_EQ(byte_size(std::numeric_limits<int64_t>::max()), "9.2 EB");
}

TEST(Numbers, Duration) {
  EXPECT_EQ(duration(0.04), "0.0 s");
  EXPECT_EQ(duration(12.34), "12.3 s");
  EXPECT_EQ(duration(59.96), "1 min 00 s");
  EXPECT_EQ(duration(75), "1 min 15 s");
  EXPECT_EQ(duration(3725), "1 h 02 min");
}

}  // namespace
}  // namespace aqua::report
