// Checkpoints of every family, as Hugging Face folders and as GGUF files, against transformers
// (tests/golden/model/make_family_goldens.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "aqua/formats/json_file.hpp"
#include "aqua/model/supported.hpp"
#include "golden_file.hpp"

namespace aqua::model {
namespace {

std::vector<std::string> checkpoints() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder("families"))) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::filesystem::path folder_of(const std::string& name) {
  return golden_folder("families") / name;
}

std::vector<std::string> gguf_checkpoints() {
  auto names = checkpoints();
  std::erase_if(names, [](const std::string& name) {
    return !std::filesystem::exists(folder_of(name) / "model.gguf");
  });
  return names;
}

std::string model_type_of(const std::string& name) {
  return formats::json_value<std::string>(formats::read_json(folder_of(name) / "config.json"),
                                          "model_type", name);
}

TEST(FamilyGoldens, EveryFamilyHasTwo) {
  std::map<std::string, int> count;
  for (const std::string& name : checkpoints()) ++count[model_type_of(name)];
  for (const SupportedFamily& family : supported_model_families()) {
    EXPECT_GE(count[family.model_type], 2) << family.model_type;
    if (!family.multimodal_type.empty()) {
      EXPECT_GE(count[family.multimodal_type], 1) << family.multimodal_type;
    }
  }
}

// A model, as a folder or as a file, and what transformers says about it.
class FamilyGolden : public testing::TestWithParam<std::string> {
 protected:
  virtual std::filesystem::path path() const { return folder_of(GetParam()); }

  void expect_logits() const {
    const auto model = load(path());
    expect_close(golden_, "logits", logits_distance(golden_, *model, golden_.ids()), logits_limit);
  }
  void expect_vectors() const {
    const auto model = load(path());
    expect_close(golden_, "qk", vectors_distance(golden_, *model, golden_.ids()), qk_limit);
  }
  void expect_rules() const;

  GoldenFile golden_{"families/" + GetParam()};
};

// Keeps the rule of each layer.
class RuleSink final : public capture::QkSink {
 public:
  std::set<capture::Site> sites() const override { return {capture::Site::post_rope}; }
  void consume(const capture::QkEvent& event) override { rules.push_back(event.rule); }
  std::vector<LogitRule> rules;
};

void FamilyGolden::expect_rules() const {
  const auto model = load(path());
  const std::vector<std::vector<int32_t>> ids{{1, 2}};
  RuleSink sink;
  capture::QkSink* const sinks[] = {&sink};
  TestExecution run(1);
  make_live_source(*model, stream_of(*model, ids), ids, {})->run(sinks, run.execution);
  const auto expected = golden_.floats("rules");  // scale, soft-cap, window
  ASSERT_EQ(3 * sink.rules.size(), expected.size());
  for (std::size_t i = 0; i < sink.rules.size(); ++i) {
    const LogitRule& rule = sink.rules[i];
    EXPECT_FLOAT_EQ(rule.scale, expected[3 * i]) << "layer " << i;
    EXPECT_EQ(rule.softcap.value_or(0.0F), expected[3 * i + 1]) << "layer " << i;
    const bool slides = rule.window != LogitRule{}.window;
    EXPECT_EQ(slides ? rule.window : 0, static_cast<int64_t>(expected[3 * i + 2])) << "layer " << i;
  }
}

TEST_P(FamilyGolden, LogitsAgreeWithTransformers) { expect_logits(); }
TEST_P(FamilyGolden, QueriesAndKeysAgreeWithTransformers) { expect_vectors(); }
TEST_P(FamilyGolden, LogitRulesAreThoseOfTransformers) { expect_rules(); }

TEST_P(FamilyGolden, ThreeThreadsGiveTheBitsOfOne) {
  const auto model = load(path());
  const auto ids = golden_.ids();
  EXPECT_EQ(logits_of(*model, ids, 3), logits_of(*model, ids, 1));
  EXPECT_EQ(vectors_of(*model, ids, 3), vectors_of(*model, ids, 1));
}

INSTANTIATE_TEST_SUITE_P(Folders, FamilyGolden, testing::ValuesIn(checkpoints()),
                         [](const auto& tested) { return tested.param; });

class GgufGolden : public FamilyGolden {
 protected:
  std::filesystem::path path() const override { return folder_of(GetParam()) / "model.gguf"; }
};

TEST_P(GgufGolden, LogitsAgreeWithTransformers) { expect_logits(); }
TEST_P(GgufGolden, QueriesAndKeysAgreeUpToTheOrderOfDimensions) { expect_vectors(); }
TEST_P(GgufGolden, LogitRulesAreThoseOfTransformers) { expect_rules(); }

INSTANTIATE_TEST_SUITE_P(Files, GgufGolden, testing::ValuesIn(gguf_checkpoints()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace aqua::model
