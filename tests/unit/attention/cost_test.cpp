#include "aqua/attention/cost.hpp"

#include <gtest/gtest.h>

#include "aqua/attention/variants.hpp"
#include "aqua/core/error.hpp"

namespace aqua::attention {
namespace {

// H = 8 query heads, 2 KV heads, d = 64, hidden 512, context 1000, float16.
const CostShape shape{.heads = {8, 2, 64}, .hidden_size = 512, .element_bytes = 2.0};
constexpr int64_t context = 1000;

StepCost cost_of(const char* spec) { return step_cost(parse_spec(spec), shape, context); }

TEST(StepCost, ExactAttention) {
  const StepCost cost = cost_of("exact");
  EXPECT_EQ(cost.linear, 512 * 64 * (8 + 2 + 2) + 512 * 64 * 8);
  EXPECT_EQ(cost.scores, 8 * 1000 * 64);
  EXPECT_EQ(cost.values, 8 * 1000 * 64);
  EXPECT_EQ(cost.attention(), 2 * 8 * 1000 * 64);
  EXPECT_EQ(cost.cache_bytes, 2 * 2 * 1000 * 64 * 2);
  EXPECT_EQ(cost.read_bytes, cost.cache_bytes);
}

TEST(StepCost, Aqua) {
  const StepCost fixed = cost_of("aqua-static:k=0.25");
  EXPECT_EQ(fixed.rotation, (8 + 2) * 64 * 16);
  EXPECT_EQ(fixed.scores, 8 * 1000 * 16);
  EXPECT_EQ(fixed.cache_bytes, 2 * 1000 * (16 + 64) * 2);
  const StepCost dynamic = cost_of("aqua:k=0.25");
  EXPECT_EQ(dynamic.rotation, (8 + 2) * 64 * 64);
  EXPECT_EQ(dynamic.selection, 8 * selection_rounds * 64);
  EXPECT_EQ(dynamic.scores, 8 * 1000 * 16);
  EXPECT_EQ(dynamic.cache_bytes, cost_of("exact").cache_bytes);
  // Four heads of a group may need all 4·16 dimensions of a key.
  EXPECT_EQ(dynamic.read_bytes, cost_of("exact").read_bytes);
  const StepCost memory = cost_of("aqua-memory:s=0.25,k=0.5");  // 48 stored, 24 used
  EXPECT_EQ(memory.cache_bytes, 2 * 1000 * (48 + 64) * 2);
  EXPECT_EQ(memory.scores, 8 * 1000 * 24);
}

TEST(StepCost, FewerTokens) {
  const StepCost h2o = cost_of("h2o:recent=0.1,heavy=0.1");
  EXPECT_EQ(h2o.scores, 8 * 200 * 64);
  EXPECT_EQ(h2o.cache_bytes, 2 * 200 * (2 * 64 * 2 + 4));
  const StepCost loki = cost_of("loki:r=0.25,top=0.125");
  EXPECT_EQ(loki.scores, 8 * (1000 * 16 + 125 * 64));
  EXPECT_EQ(loki.values, 8 * 125 * 64);
  EXPECT_EQ(loki.cache_bytes, cost_of("exact").cache_bytes);
  EXPECT_LT(loki.read_bytes, loki.cache_bytes);
}

TEST(StepCost, FewerBits) {
  // 64 elements of 4 bits, two groups of 32 with minimum and step of 2 bytes each; values in
  // float16.
  EXPECT_EQ(cost_of("quant:bits=4").cache_bytes, 2 * 1000 * (64 / 2 + 2 * 2 * 2 + 64 * 2));
  EXPECT_EQ(cost_of("quant:bits=32").cache_bytes, cost_of("exact").cache_bytes);
}

TEST(StepCost, NoVariantStoresOrMultipliesLessThanNothing) {
  for (const Variant* variant : variants()) {
    for (const int64_t length : {1, 2, 64, 8192}) {
      const StepCost cost = step_cost(parse_spec(variant->name), shape, length);
      EXPECT_GT(cost.scores, 0.0) << variant->name;
      EXPECT_GT(cost.cache_bytes, 0.0) << variant->name;
      EXPECT_LE(cost.read_bytes, cost.cache_bytes * (1 + 1e-12)) << variant->name << " " << length;
      EXPECT_EQ(cost.linear, exact_cost(shape, length).linear) << variant->name;
    }
  }
}

TEST(ReferenceLayouts, AtTheSameHiddenSize) {
  const auto layouts = reference_layouts(32, 128);
  ASSERT_EQ(layouts.size(), 6U);
  const double mha = exact_cost({layouts[0].heads, 4096, 2.0}, 4096).attention();
  for (const auto& [name, share] : {std::pair{"MHA", 1.0},
                                    {"GQA", 1.0},
                                    {"MQA", 1.0},
                                    {"SQA", 0.5},
                                    {"sSQA", 0.5},
                                    {"xSQA", 0.25}}) {
    const auto found = std::ranges::find(layouts, name, &NamedLayout::name);
    ASSERT_NE(found, layouts.end()) << name;
    EXPECT_EQ(exact_cost({found->heads, 4096, 2.0}, 4096).attention(), share * mha) << name;
    EXPECT_NO_THROW(validate(found->heads, name));
  }
  EXPECT_THROW(reference_layouts(6, 64), UsageError);
}

}  // namespace
}  // namespace aqua::attention
