#include "aqua/core/heads.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <vector>

#include "aqua/core/error.hpp"

namespace aqua {
namespace {

using testing::ElementsAre;
using testing::StrEq;
using testing::ThrowsMessage;

TEST(HeadLayout, GroupsConsecutiveQueryHeads) {
  const HeadLayout layout{.query_heads = 12, .kv_heads = 4, .head_dim = 8};
  EXPECT_NO_THROW(validate(layout, "f"));
  EXPECT_EQ(layout.group_size(), 3);
  EXPECT_EQ(layout.kv_head_of(0), 0);
  EXPECT_EQ(layout.kv_head_of(2), 0);
  EXPECT_EQ(layout.kv_head_of(3), 1);
  EXPECT_EQ(layout.kv_head_of(11), 3);
}

TEST(HeadLayout, RefusesWhatHasNoGroups) {
  EXPECT_THAT(([] { validate({.query_heads = 9, .kv_heads = 2, .head_dim = 8}, "config.json"); }),
              ThrowsMessage<FormatError>(StrEq(
                  "config.json: 9 query heads (num_attention_heads) is not a multiple of 2 KV "
                  "heads (num_key_value_heads)")));
  for (const HeadLayout layout : {HeadLayout{0, 1, 8}, HeadLayout{2, 0, 8}, HeadLayout{2, 2, -1}}) {
    EXPECT_THROW(validate(layout, "f"), FormatError);
  }
  EXPECT_THAT(([] { validate({.query_heads = 2, .kv_heads = 0, .head_dim = 8}, "f"); }),
              ThrowsMessage<FormatError>(StrEq(
                  "f: expected positive head counts and head dimension, found 2 query heads, 0 "
                  "KV heads, head dimension 8")));
}

TEST(HeadsView, FindsHeadsAndTokens) {
  // 3 tokens of 2 heads of dimension 2, in rows of 5: the last value of a row belongs to no head.
  std::vector<float> data(15);
  std::iota(data.begin(), data.end(), 0.0F);
  const HeadsView<float> view(data.data(), 3, 2, 2, 5);
  EXPECT_THAT(view.head(1).row(2), ElementsAre(12.0F, 13.0F));
  EXPECT_THAT(view.heads_range(0, 2).row(1), ElementsAre(5.0F, 6.0F, 7.0F, 8.0F));
  const HeadsView<const float> last = view.tokens(1, 2);
  EXPECT_EQ(last.tokens(), 2);
  EXPECT_THAT(last.head(0).row(1), ElementsAre(10.0F, 11.0F));
}

TEST(LogitRule, LimitsKeysToTheWindow) {
  LogitRule rule;
  EXPECT_EQ(rule.first_key(1000000), 0);
  rule.window = 4;
  EXPECT_EQ(rule.first_key(3), 0);
  EXPECT_EQ(rule.first_key(4), 1);
  EXPECT_EQ(rule.first_key(10), 7);
}

}  // namespace
}  // namespace aqua
