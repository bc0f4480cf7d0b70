#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "retention_fixture.hpp"

namespace aqua::report {
namespace {

using Json = nlohmann::json;

TEST(RetentionJson, SaysWhatItIsAndHowItWasMade) {
  const Json json = Json::parse(retention_json(test::small_report()));
  EXPECT_EQ(json["schema"], "aqua-retention");
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["provenance"],
            Json::parse(R"({"tool_version": "aqua 0.1.0", "command": "analyze retention",
              "options": {"bases": ["aqua", "kq-svd", "native"]}, "date": "2025-01-01T00:00:00Z",
              "kernels": "OpenBLAS 0.3.21 Haswell", "seed": 7, "threads": 2})"));
  EXPECT_EQ(json["calibration"], Json::parse(R"({"file": "m.aqua.h5", "fitted_on": [
              {"name": "en", "path": "en.txt", "sha256": "aa", "documents": 3, "tokens": 1500}]})"));
  EXPECT_EQ(json["model"]["head_dim"], 8);
}

TEST(RetentionJson, DefinesEveryMeasureAndBasisThatItUses) {
  const Json json = Json::parse(retention_json(test::small_report()));
  for (const Json& corpus : json["corpora"]) {
    for (const Json& result : corpus["results"]) {
      EXPECT_FALSE(json["bases"][result["basis"]]["description"].get<std::string>().empty());
      for (const auto& [key, value] : result["measures"].items()) {
        EXPECT_FALSE(json["measures"][key]["definition"].get<std::string>().empty()) << key;
      }
    }
  }
}

TEST(RetentionJson, HoldsAllLevels) {
  const Json json = Json::parse(retention_json(test::small_report()));
  ASSERT_EQ(json["corpora"].size(), 2U);
  EXPECT_EQ(json["corpora"][1]["corpus"]["name"], "hi");
  const Json& result = json["corpora"][0]["results"][1];
  EXPECT_EQ(result["selection"], "dynamic");
  EXPECT_EQ(result["k"], 4);
  const Json& loss = result["measures"]["query_loss"];
  EXPECT_EQ(loss["model"], Json({{"value", 0.2}, {"low", 0.2 - 0.01}, {"high", 0.2 + 0.02}}));
  EXPECT_EQ(loss["worst"], Json({{"value", 0.2 + 0.1}, {"layer", 3}, {"head", 1}}));
  EXPECT_EQ(loss["layers"][1]["layer"], 3);
  EXPECT_EQ(loss["layers"][1]["value"], 0.2);
  EXPECT_EQ(loss["heads"], Json({{0.2 - 0.05, 0.2 + 0.05}, {0.2 - 0.1, 0.2 + 0.1}}));
}

TEST(RetentionJson, HasNullForWhatIsNotDefined) {
  const Json json = Json::parse(retention_json(test::small_report()));
  const Json& measures = json["corpora"][0]["results"][2]["measures"];
  EXPECT_EQ(measures["query_loss"]["model"]["value"], nullptr);
  EXPECT_EQ(measures["output_error"]["model"]["low"], nullptr);
  EXPECT_DOUBLE_EQ(measures["output_error"]["model"]["value"].get<double>(), 0.15);
}

TEST(RetentionJson, HasNoFileForACalibrationMadeInTheSameRun) {
  RetentionReport report = test::small_report();
  report.calibration.clear();
  EXPECT_EQ(Json::parse(retention_json(report))["calibration"]["file"], nullptr);
}

}  // namespace
}  // namespace aqua::report
