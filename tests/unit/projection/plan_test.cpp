#include "aqua/projection/plan.hpp"

#include <gmock/gmock.h>

#include "aqua/core/error.hpp"

namespace aqua::projection {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

constexpr HeadLayout heads{.query_heads = 4, .kv_heads = 2, .head_dim = 8};

TEST(Plan, CountsWhatIsKept) {
  Plan plan = uniform_plan(heads, 3, 4);
  EXPECT_EQ(plan.layers(), 3);
  EXPECT_EQ(plan.kept(), 24);
  EXPECT_EQ(plan.mean_k_ratio(), 0.5);
  plan.k[2][1] = 8;
  EXPECT_EQ(plan.kept(), 28);
  EXPECT_EQ(plan.mean_k_ratio(), 28.0 / 48.0);
  validate(plan, "here");
}

TEST(Plan, NamesWhatIsWrong) {
  const auto expect_error = [](auto damage, const std::string& message) {
    Plan plan = uniform_plan(heads, 2, 4);
    damage(plan);
    EXPECT_THAT([&] { validate(plan, "p.json"); },
                ThrowsMessage<FormatError>(StrEq("p.json: " + message)));
  };
  expect_error([](Plan& p) { p.k.clear(); }, "expected at least one layer, found none");
  expect_error([](Plan& p) { p.k[1].pop_back(); },
               "layer 1: expected 2 values of k, one per KV head, found 1");
  expect_error([](Plan& p) { p.k[1][0] = 9; },
               "layer 1, KV head 0: expected k from 1 to 8, found 9");
  expect_error([](Plan& p) { p.k[0][1] = 0; },
               "layer 0, KV head 1: expected k from 1 to 8, found 0");
  expect_error([](Plan& p) { p.heads.query_heads = 3; },
               "3 query heads (num_attention_heads) is not a multiple of 2 KV heads "
               "(num_key_value_heads)");
}

}  // namespace
}  // namespace aqua::projection
