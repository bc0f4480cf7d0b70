#include <gmock/gmock.h>

#include <sstream>

#include "aqua/report/text_layout.hpp"
#include "retention_fixture.hpp"

namespace aqua::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(RetentionText, StartsWithWhatWasMeasuredOnWhat) {
  EXPECT_THAT(
      retention_text(test::small_report()),
      StartsWith("Information retention: what is left of queries, keys and attention when only\n"
                 "k of d rotated dimensions are used\n"
                 "\n"
                 "model        m (llama, 2 of 4 layers, 2 query heads, 1 KV head, d = 8)\n"
                 "vectors      post_rope\n"
                 "calibration  m.aqua.h5, fitted on en (1,500 tokens)\n"
                 "measured on  en: 1,200 tokens, 3 documents, 12,345 (query, key) pairs a head\n"
                 "             hi: 1,200 tokens, 3 documents, 12,345 (query, key) pairs a head\n"));
}

TEST(RetentionText, SummarisesTheAquaBasisWithItsGapToNative) {
  EXPECT_THAT(
      retention_text(test::small_report()),
      HasSubstr("                                                                gap to\n"
                "corpus  k/d  static slice             dynamic selection         native\n"));
  EXPECT_THAT(
      retention_text(test::small_report()),
      HasSubstr("en      0.5  0.3000 [0.2900, 0.3200]  0.2000 [0.1900, 0.2200]  +0.0125\n"
                "hi      0.5  0.4000 [0.3900, 0.4200]  0.3000 [0.2900, 0.3200]  +0.0125\n"));
}

TEST(RetentionText, SaysItInASentence) {
  EXPECT_THAT(retention_text(test::small_report()),
              HasSubstr("hi: with the 4 of 8 dimensions that each query chooses, a query keeps "
                        "70.0 % of\nits norm on average; in the worst head (layer 3, head 1) "
                        "60.0 %. A basis fitted\non this text itself would keep 71.2 %. Head "
                        "outputs change by 15.0 %.\n"));
}

TEST(RetentionText, ComparesBasesInEveryCorpus) {
  const std::string text = retention_text(test::small_report());
  EXPECT_THAT(text, HasSubstr("\nhi: query loss\n\n"
                              "basis   k/d  static slice             dynamic selection"
                              "        worst head\n"));
  EXPECT_THAT(text, HasSubstr("native  0.5  0.3875 [0.3775, 0.4075]  0.2875 [0.2775, 0.3075]"
                              "  0.3875 L3.H1\n"));
  EXPECT_THAT(text, HasSubstr("kq-svd  0.5  static"));  // pairwise measures do exist for it
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(RetentionText, FitsIn80Columns) {
  std::istringstream stream(retention_text(test::small_report()));
  for (std::string line; std::getline(stream, line);) {
    EXPECT_LE(display_width(line), 80U) << line;
  }
}

TEST(RetentionText, StatesWhatNumbersAndBasesAre) {
  const std::string text = retention_text(test::small_report());
  EXPECT_THAT(text, HasSubstr("\nWhat the numbers are\n"));
  EXPECT_THAT(text, HasSubstr("95 % percentile bootstrap over documents"));
  EXPECT_THAT(text, HasSubstr("\nBases\n"));
  EXPECT_THAT(text, HasSubstr("  native  AQUA on the text itself: Fitted on"));
}

TEST(RetentionText, LeavesOutTablesOfWhatWasNotMeasured) {
  RetentionReport report = test::small_report();
  for (auto& corpus : report.corpora) {
    for (auto& results : corpus.results) {
      results.erase(analysis::Measure::output_error);
      results.erase(analysis::Measure::key_loss);
    }
  }
  const std::string text = retention_text(report);
  EXPECT_THAT(text, Not(HasSubstr("key loss")));
  EXPECT_THAT(text, Not(HasSubstr("exact attention")));
}

TEST(RetentionText, HasNoIntervalsWithoutThem) {
  RetentionReport report = test::small_report();
  for (auto& corpus : report.corpora) {
    corpus.options.bootstrap_replicates = 0;
    for (auto& results : corpus.results) {
      for (auto& [measure, result] : results) result.model.low = result.model.high = std::nullopt;
    }
  }
  EXPECT_THAT(retention_text(report), Not(HasSubstr("[")));
}

TEST(RetentionText, OfNothingIsEmpty) { EXPECT_EQ(retention_text({}), ""); }

}  // namespace
}  // namespace aqua::report
