#include "measures.hpp"

#include <gtest/gtest.h>

#include <set>

namespace aqua::analysis {
namespace {

const MeasureInfo& info_of(Measure measure) {
  return measures()[static_cast<std::size_t>(measure)];
}

TEST(Measures, KeysAreUnique) {
  std::set<std::string_view> keys;
  for (const MeasureInfo& info : measures()) keys.insert(info.key);
  EXPECT_EQ(std::ssize(keys), measure_count);
}

TEST(Measures, SelectionsHaveTheirNames) {
  EXPECT_EQ(name(Selection::fixed), "static");
  EXPECT_EQ(name(Selection::dynamic), "dynamic");
}

TEST(Measures, KeyLossesRunOverPairsOnlyWhereQueriesChoose) {
  EXPECT_FALSE(over_pairs(info_of(Measure::key_loss), Selection::fixed));
  EXPECT_TRUE(over_pairs(info_of(Measure::key_loss), Selection::dynamic));
  EXPECT_TRUE(over_pairs(info_of(Measure::logit_error), Selection::fixed));
  EXPECT_FALSE(over_pairs(info_of(Measure::query_loss), Selection::dynamic));
}

TEST(Measures, BasesThatChangeNormsHaveNoLosses) {
  const MeasuredData oblique{.orthogonal = false};
  EXPECT_FALSE(is_defined(info_of(Measure::query_loss), Selection::fixed, oblique));
  EXPECT_FALSE(is_defined(info_of(Measure::key_energy_loss), Selection::dynamic, oblique));
  EXPECT_TRUE(is_defined(info_of(Measure::logit_error), Selection::dynamic, oblique));
  EXPECT_TRUE(is_defined(info_of(Measure::output_error), Selection::fixed, oblique));
}

TEST(Measures, BeforeRotaryEmbeddingOnlyLossesOfSingleVectorsAreDefined) {
  const MeasuredData pre{.site = capture::Site::pre_rope};
  EXPECT_TRUE(is_defined(info_of(Measure::query_loss), Selection::dynamic, pre));
  EXPECT_TRUE(is_defined(info_of(Measure::key_loss), Selection::fixed, pre));
  EXPECT_FALSE(is_defined(info_of(Measure::key_loss), Selection::dynamic, pre));
  EXPECT_FALSE(is_defined(info_of(Measure::top1_agreement), Selection::fixed, pre));
}

}  // namespace
}  // namespace aqua::analysis
