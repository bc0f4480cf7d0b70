#include "aqua/report/sparkline.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

#include "aqua/report/text_layout.hpp"

namespace aqua::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Sparkline, RisesWithTheValues) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(std::vector<double>{7, 0, 3.5}), "█▁▅");
}

TEST(Sparkline, HoldsToTheRangeThatIsGiven) {
  EXPECT_EQ(sparkline(std::vector<double>{-5, 0, 0.5, 1, 9}, 0, 1), "▁▁▅██");
}

TEST(Sparkline, LeavesSpaceForWhatIsNotDefined) {
  EXPECT_EQ(sparkline(std::vector<double>{1, nan, 2}), "▁ █");
  EXPECT_EQ(sparkline(std::vector<double>{nan, nan}), "  ");
  EXPECT_EQ(sparkline(std::vector<double>{}), "");
}

TEST(Sparkline, IsFlatWhenAllValuesAreEqual) {
  EXPECT_EQ(sparkline(std::vector<double>{3, 3, 3}), "▁▁▁");
}

TEST(Sparkline, SurvivesTheLargestNumbers) {
  constexpr double huge = std::numeric_limits<double>::max();
  EXPECT_EQ(sparkline(std::vector<double>{-huge, 0, huge}), "▁▅█");
}

TEST(Sparkline, IsOneColumnAValue) {
  EXPECT_EQ(display_width(sparkline(std::vector<double>{1, 2, nan, 4})), 4U);
}

}  // namespace
}  // namespace aqua::report
