#include <gmock/gmock.h>

#include "retention_fixture.hpp"

namespace aqua::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RetentionHeads, PrintsLayerTimesHead) {
  EXPECT_THAT(retention_heads_text(test::small_report(), analysis::Measure::query_loss),
              HasSubstr("\nquery loss per query head: hi, basis aqua, dynamic, k/d 0.5 (k = 4)\n"
                        "  layer    mean      H0      H1\n"
                        "  -----------------------------\n"
                        "      1  0.3000  0.2500  0.3500\n"
                        "      3  0.3000  0.2000  0.4000\n"));
}

TEST(RetentionHeads, LeavesOutBasesForWhichTheMeasureIsNotDefined) {
  EXPECT_THAT(retention_heads_text(test::small_report(), analysis::Measure::query_loss),
              Not(HasSubstr("kq-svd")));
  EXPECT_THAT(retention_heads_text(test::small_report(), analysis::Measure::output_error),
              HasSubstr("kq-svd"));
}

TEST(RetentionHeads, BreaksManyHeadsIntoTablesThatFit80Columns) {
  RetentionReport report = test::small_report();
  for (auto& results : report.corpora[0].results) {
    results[analysis::Measure::query_loss].heads = {std::vector<double>(20, 0.5),
                                                    std::vector<double>(20, 0.5)};
  }
  const std::string text = retention_heads_text(report, analysis::Measure::query_loss);
  EXPECT_THAT(text, HasSubstr("    mean     H16     H17     H18     H19\n"));
  EXPECT_THAT(text, HasSubstr("    mean      H0      H1      H2      H3      H4      H5      H6"
                              "      H7\n"));
}

}  // namespace
}  // namespace aqua::report
