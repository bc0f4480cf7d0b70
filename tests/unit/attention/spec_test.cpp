#include "aqua/attention/spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aqua/attention/variants.hpp"
#include "aqua/core/error.hpp"

namespace aqua::attention {
namespace {

std::string refusal(std::string_view text) {
  try {
    parse_specs(text);
    return "accepted";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(VariantSpec, NamesAndDefaults) {
  for (const Variant* variant : variants()) {
    const VariantSpec spec = parse_spec(variant->name);
    EXPECT_EQ(spec.name, variant->name);
    EXPECT_EQ(spec.text, variant->name);
    EXPECT_TRUE(spec.layers.empty());
    for (const Parameter& parameter : variant->parameters) {
      EXPECT_EQ(spec.given(parameter.key).value_or(""), parameter.fallback) << variant->name;
    }
    EXPECT_EQ(&attention::variant(variant->name), variant);
  }
}

TEST(VariantSpec, ValuesAndLayers) {
  const VariantSpec spec = parse_spec("  aqua-h2o:k=0.5,heavy=0.25@0,2,5-7 ");
  EXPECT_EQ(spec.text, "aqua-h2o:k=0.5,heavy=0.25@0,2,5-7");
  EXPECT_EQ(spec.number("k"), 0.5);
  EXPECT_EQ(spec.number("heavy"), 0.25);
  EXPECT_EQ(spec.number("recent"), 0.1);
  EXPECT_EQ(spec.given("plan"), std::nullopt);
  EXPECT_THAT(spec.layers, testing::ElementsAre(LayerIndex{0}, LayerIndex{2}, LayerIndex{5},
                                                LayerIndex{6}, LayerIndex{7}));
  EXPECT_TRUE(spec.applies_to({6}));
  EXPECT_FALSE(spec.applies_to({3}));
  EXPECT_EQ(parse_spec("think:window=7").whole("window"), 7);
  EXPECT_EQ(parse_spec("quant:per=channel").word("per"), "channel");
  EXPECT_EQ(parse_spec("aqua:plan=a:b=c.json").word("plan"), "a:b=c.json");
}

TEST(VariantSpec, Lists) {
  const auto specs = parse_specs("exact; aqua:k=0.5 ;loki");
  ASSERT_EQ(specs.size(), 3U);
  EXPECT_EQ(specs[1].text, "aqua:k=0.5");
  EXPECT_EQ(specs[2].name, "loki");
}

TEST(VariantSpec, Refusals) {
  EXPECT_EQ(refusal("aqa"),
            "attention \"aqa\" is not known; known: exact, aqua-static, aqua, aqua-memory, h2o, "
            "aqua-h2o, lrqk, kq-svd, loki, think, sparq, quant, aqua-quant");
  EXPECT_EQ(refusal("aqua:q=1"),
            "attention \"aqua:q=1\": \"q\" is not a parameter of aqua; known: k, plan");
  EXPECT_EQ(refusal("exact:k=1"), "attention \"exact:k=1\": exact has no parameters, found \"k\"");
  EXPECT_EQ(refusal("aqua:k=0"),
            "attention \"aqua:k=0\": k: expected a number above 0 and at most 1, found \"0\"");
  EXPECT_EQ(refusal("aqua:k=1.5"),
            "attention \"aqua:k=1.5\": k: expected a number above 0 and at most 1, found \"1.5\"");
  EXPECT_EQ(refusal("aqua:k=nan"),
            "attention \"aqua:k=nan\": k: expected a number above 0 and at most 1, found \"nan\"");
  EXPECT_EQ(refusal("aqua:k=0.5x"),
            "attention \"aqua:k=0.5x\": k: expected a number above 0 and at most 1, found "
            "\"0.5x\"");
  EXPECT_EQ(refusal("h2o:heavy=-1"),
            "attention \"h2o:heavy=-1\": heavy: expected a number from 0 to 1, found \"-1\"");
  EXPECT_EQ(refusal("think:window=0"),
            "attention \"think:window=0\": window: expected a whole number from 1 to 1000000000, "
            "found \"0\"");
  EXPECT_EQ(refusal("quant:per=head"),
            "attention \"quant:per=head\": per: expected one of token, channel, found \"head\"");
  EXPECT_EQ(refusal("aqua:k=0.5,k=0.5"), "attention \"aqua:k=0.5,k=0.5\": \"k\" is given twice");
  EXPECT_EQ(refusal("aqua:0.5"), "attention \"aqua:0.5\": expected key=value, found \"0.5\"");
  EXPECT_EQ(refusal("aqua:"), "attention \"aqua:\": expected key=value, found \"\"");
  EXPECT_EQ(refusal("aqua:plan="),
            "attention \"aqua:plan=\": plan: expected some text, found \"\"");
  for (const char* layers : {"", "x", "3-1", "-1", "1-", "0,,1", "99999999999", "0-100000"}) {
    EXPECT_THAT(
        refusal(fmt::format("aqua@{}", layers)),
        testing::StartsWith(fmt::format(
            "attention \"aqua@{}\": expected layers such as 0,2,5-8 after @, found", layers)));
  }
  EXPECT_EQ(refusal("aqua;;loki"),
            "expected attention variants separated by \";\", found an empty one");
  EXPECT_EQ(refusal(""), "expected attention variants separated by \";\", found an empty one");
}

TEST(VariantList, NeededBases) {
  EXPECT_THAT(needed_bases(parse_specs("exact;aqua;loki;aqua-h2o;kq-svd;quant;sparq")),
              testing::ElementsAre("aqua", "keys", "kq-svd"));
  EXPECT_THAT(needed_bases(parse_specs("quant:rotate=1")), testing::ElementsAre("aqua"));
}

TEST(VariantList, SayWhatTheyAre) {
  for (const Variant* variant : variants()) {
    EXPECT_THAT(variant->description, testing::EndsWith(".")) << variant->name;
    EXPECT_FALSE(variant->label.empty()) << variant->name;
    EXPECT_FALSE(variant->source.empty()) << variant->name;
    for (const Parameter& parameter : variant->parameters) {
      EXPECT_FALSE(parameter.description.empty()) << variant->name << " " << parameter.key;
    }
  }
}

}  // namespace
}  // namespace aqua::attention
