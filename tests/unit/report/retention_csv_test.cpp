#include <gmock/gmock.h>

#include <sstream>

#include "retention_fixture.hpp"

namespace aqua::report {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

TEST(RetentionCsv, HasEveryLevelOfOneMeasure) {
  RetentionReport report = test::small_report();
  report.corpora.resize(1);
  report.corpora[0].settings.resize(1);
  report.corpora[0].results.resize(1);
  auto& results = report.corpora[0].results[0];
  results = {{analysis::Measure::query_loss, test::measured(0.25)}};
  EXPECT_THAT(
      lines(retention_csv(report)),
      ElementsAre("corpus,basis,k_ratio,k,selection,measure,level,layer,head,value,low,high",
                  "en,aqua,0.5,4,static,query_loss,model,,,0.25,0.24,0.27",
                  "en,aqua,0.5,4,static,query_loss,layer,1,,0.25,0.24,0.27",
                  "en,aqua,0.5,4,static,query_loss,layer,3,,0.25,0.24,0.27",
                  "en,aqua,0.5,4,static,query_loss,head,1,0,0.2,,",
                  "en,aqua,0.5,4,static,query_loss,head,1,1,0.3,,",
                  "en,aqua,0.5,4,static,query_loss,head,3,0,0.15,,",
                  "en,aqua,0.5,4,static,query_loss,head,3,1,0.35,,",
                  "en,aqua,0.5,4,static,query_loss,worst,3,1,0.35,,"));
}

TEST(RetentionCsv, LeavesUndefinedValuesEmpty) {
  EXPECT_THAT(lines(retention_csv(test::small_report())),
              Contains("en,kq-svd,0.5,4,static,query_loss,model,,,,,"));
}

TEST(RetentionCsv, QuotesCorpusNames) {
  RetentionReport report = test::small_report();
  report.corpora[1].corpus.name = "a,b";
  EXPECT_THAT(lines(retention_csv(report)), Contains(StartsWith("\"a,b\",aqua,0.5,")));
}

}  // namespace
}  // namespace aqua::report
