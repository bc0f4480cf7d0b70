#include "retention/document_sums.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/activations.hpp"

namespace aqua::analysis {
namespace {

using ::testing::ElementsAre;
using testing::sequence;

TEST(DocumentSums, RowsAreTheDocumentsWithCountedTokens) {
  const std::vector<SequenceInfo> sequences{sequence(2, {{5, 3}, {1, 1}}),
                                            sequence(2, {{3, 2}, {0, 1}})};
  const DocumentRows rows(sequences);
  EXPECT_EQ(rows.count(), 3);  // 0, 1 and 5; 3 serves as context only
  EXPECT_EQ(rows.row(0), 0);
  EXPECT_EQ(rows.row(1), 1);
  EXPECT_EQ(rows.row(5), 2);
}

TEST(DocumentSums, ASequenceNumbersItsDocumentsByAppearance) {
  const std::vector<SequenceInfo> sequences{sequence(0, {{0, 1}}),
                                            sequence(1, {{4, 2}, {2, 2}, {4, 1}})};
  const auto documents = documents_of(sequences[1], DocumentRows(sequences));
  EXPECT_THAT(documents.rows, ElementsAre(2, 1));
  EXPECT_THAT(documents.local, ElementsAre(0, 1, 1, 0));
}

TEST(DocumentSums, NoTwoSumsShareAColumn) {
  const SumLayout layout{.settings = 3, .heads = 2};
  std::vector<int> used(layout.columns(), 0);
  for (int64_t h = 0; h < 2; ++h) {
    for (int64_t s = 0; s < 3; ++s) {
      for (const MeasureInfo& info : measures()) ++used[layout.sum(s, info.measure, h)];
    }
    for (int64_t t = 0; t < total_count; ++t) ++used[layout.total(static_cast<Total>(t), h)];
  }
  EXPECT_THAT(used, ::testing::Each(1));
}

TEST(DocumentSums, LayersAddUpRowsOfTheSameDocument) {
  const SumLayout layout{.settings = 1, .heads = 1};
  LayerSums total(3, layout);
  SequenceSums part({.rows = {2, 0}, .local = {}}, layout);
  part.sums(0, 4) = 1.5;
  part.sums(1, 4) = 2.0;
  part.zero_keys = 3;
  part.pairs = 10;
  part.has_values = true;
  total.add(part);
  total.add(part);
  EXPECT_EQ(total.sums(2, 4), 3.0);
  EXPECT_EQ(total.sums(0, 4), 4.0);
  EXPECT_EQ(total.sums(1, 4), 0.0);
  EXPECT_EQ(total.zero_keys, 6);
  EXPECT_EQ(total.pairs, 20);
  EXPECT_TRUE(total.has_values);
  part.has_values = false;
  total.add(part);
  EXPECT_FALSE(total.has_values);
}

TEST(DocumentSums, RelativeErrorsAreRootsOfSumsAndTheRestAreMeans) {
  EXPECT_EQ(statistic(Measure::query_loss, 3.0, 4.0), 0.75);
  EXPECT_EQ(statistic(Measure::logit_error, 1.0, 4.0), 0.5);
  EXPECT_EQ(statistic(Measure::output_error, 1.0, 4.0), 0.5);
  EXPECT_TRUE(std::isnan(statistic(Measure::query_loss, 0.0, 0.0)));
}

}  // namespace
}  // namespace aqua::analysis
