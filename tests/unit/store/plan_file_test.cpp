#include "aqua/store/plan_file.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "aqua/core/error.hpp"
#include "samples.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;
using Json = nlohmann::json;

PlanFile sample_plan() {
  PlanFile file;
  file.model = sample_model();
  file.model.layers = 2;
  file.plan.heads = sample_heads;
  file.plan.k = {{1, 3}, {2, 2}};
  file.plan.choice = {.basis = "aqua",
                      .selection = "dynamic",
                      .objective = "energy_loss",
                      .method = "greedy",
                      .budget = 2.0 / 3.0,
                      .loss_limit = std::nullopt,
                      .loss = 0.1};
  file.provenance = sample_provenance();
  file.provenance.options_json = R"({"corpus":"हिन्दी"})";
  return file;
}

TEST(PlanFile, ReadsBack) {
  const test::TemporaryFolder folder;
  PlanFile file = sample_plan();
  write_plan(folder / "p.json", file);
  EXPECT_EQ(read_plan(folder / "p.json"), file);
  file.plan.choice.budget.reset();
  file.plan.choice.loss_limit = 0.25;
  write_plan(folder / "p.json", file);
  EXPECT_EQ(read_plan(folder / "p.json"), file);
}

TEST(PlanFile, IsTheJsonThatTheFormatSays) {
  const test::TemporaryFolder folder;
  write_plan(folder / "p.json", sample_plan());
  const Json json = Json::parse(test::read_bytes(folder / "p.json"));
  EXPECT_EQ(json["format"], "aqua-plan");
  EXPECT_EQ(json["format_version"], 1);
  EXPECT_EQ(json["model"]["sha256"], std::string(64, 'a'));
  EXPECT_EQ(json["model"]["kv_heads"], 2);
  EXPECT_EQ(json["choice"]["objective"], "energy_loss");
  EXPECT_EQ(json["choice"]["loss_limit"], nullptr);
  EXPECT_EQ(json["layers"],
            Json::parse(R"([{"layer": 0, "k": [1, 3]}, {"layer": 1, "k": [2, 2]}])"));
  EXPECT_EQ(json["provenance"]["corpora"][1]["name"], "हिन्दी");
}

TEST(PlanFile, NamesWhatIsWrong) {
  const test::TemporaryFolder folder;
  const auto path = folder / "p.json";
  write_plan(path, sample_plan());
  const Json good = Json::parse(test::read_bytes(path));
  const auto expect_error = [&](auto damage, const std::string& message) {
    Json json = good;
    damage(json);
    folder.write("p.json", json.dump());
    EXPECT_THAT([&] { read_plan(path); },
                ThrowsMessage<FormatError>(StrEq(path.string() + ": " + message)));
  };
  expect_error([](Json& j) { j["format"] = "gguf"; },
               R"("format": expected "aqua-plan", found "gguf")");
  expect_error([](Json& j) { j["format_version"] = 2; },
               R"("format_version": expected 1, found 2: written by another version of aqua)");
  expect_error([](Json& j) { j.erase("model"); }, R"("model" is missing)");
  expect_error([](Json& j) { j["model"].erase("sha256"); }, R"("model": "sha256" is missing)");
  expect_error([](Json& j) { j["model"]["kv_heads"] = 3; },
               R"("model": 4 query heads (num_attention_heads) is not a multiple of 3 KV heads )"
               "(num_key_value_heads)");
  expect_error([](Json& j) { j["model"]["head_dim"] = -1; },
               R"("model": "head_dim": expected 1 to 2147483647, found -1)");
  expect_error([](Json& j) { j["model"]["rope_layout"] = "x"; },
               R"("model": "rope_layout": expected none, half or interleaved, found "x")");
  expect_error([](Json& j) { j["choice"]["selection"] = "best"; },
               R"("choice": "selection": expected dynamic or static, found "best")");
  expect_error([](Json& j) { j["layers"].erase(1); },
               R"("layers": expected 2, as the model has, found 1)");
  expect_error([](Json& j) { j["layers"][1]["layer"] = 3; },
               R"("layers"[1]: "layer": expected 1, found 3)");
  expect_error([](Json& j) { j["layers"][1]["k"] = {2}; },
               "layer 1: expected 2 values of k, one per KV head, found 1");
  expect_error([](Json& j) { j["layers"][0]["k"][1] = 4; },
               "layer 0, KV head 1: expected k from 1 to 3, found 4");
  expect_error([](Json& j) { j["layers"][0]["k"][1] = 1.5; },
               R"("layers"[0]: "k"[1]: expected an integer, found 1.5)");
  expect_error([](Json& j) { j["layers"] = 7; }, R"("layers": expected a list, found 7)");
  expect_error([](Json& j) { j["provenance"]["corpora"][0].erase("name"); },
               R"("provenance": "corpora"[0]: "name" is missing)");
  folder.write("p.json", R"({"format": "aqua-plan", "format": "aqua-plan"})");
  EXPECT_THAT(
      [&] { read_plan(path); },
      ThrowsMessage<FormatError>(StrEq(path.string() + R"(: "format" appears more than once)")));
  folder.write("p.json", "[1]");
  EXPECT_THAT([&] { read_plan(path); },
              ThrowsMessage<FormatError>(StrEq(path.string() + ": expected an object, found [1]")));
}

TEST(PlanFile, DoesNotWriteAPlanThatDoesNotFit) {
  const test::TemporaryFolder folder;
  PlanFile file = sample_plan();
  file.plan.k[0][0] = 4;
  EXPECT_THAT(
      [&] { write_plan(folder / "p.json", file); },
      ThrowsMessage<FormatError>(StrEq((folder / "p.json").string() +
                                       ": layer 0, KV head 0: expected k from 1 to 3, found 4")));
  EXPECT_FALSE(std::filesystem::exists(folder / "p.json"));
}

TEST(PlanFile, BelongsToOneModel) {
  const PlanFile file = sample_plan();
  capture::ModelFacts model = file.model;
  require_model("p.json", file, model);
  model.name = "renamed";
  require_model("p.json", file, model);
  model.sha256 = std::string(64, 'f');
  EXPECT_THAT([&] { require_model("p.json", file, model); },
              ThrowsMessage<FormatError>(StrEq(
                  "p.json: planned for other weights: expected renamed (sha256 " +
                  std::string(64, 'f') + "), found tiny (sha256 " + std::string(64, 'a') + ")")));
  model.heads.query_heads = 2;
  EXPECT_THAT([&] { require_model("p.json", file, model); },
              ThrowsMessage<FormatError>(StrEq(
                  "p.json: planned for another model: expected renamed (2 layers, 2 query heads, 2 "
                  "KV heads, head dimension 3), found tiny (2 layers, 4 query heads, 2 KV heads, "
                  "head dimension 3)")));
}

}  // namespace
}  // namespace aqua::store
