#include "retention_profile.hpp"

#include <gmock/gmock.h>

#include "retention_fixture.hpp"

namespace aqua::report {
namespace {

/// Every dynamic query loss of the aqua basis gets these values by layer.
RetentionReport with_layers(const std::vector<double>& en, const std::vector<double>& hi) {
  RetentionReport report = test::small_report();
  for (analysis::RetentionResult& result : report.corpora) {
    const std::vector<double>& values = result.corpus.name == "en" ? en : hi;
    result.layers.clear();
    for (std::size_t l = 0; l < values.size(); ++l) {
      result.layers.push_back(LayerIndex{static_cast<int32_t>(l)});
    }
    for (std::size_t s = 0; s < result.settings.size(); ++s) {
      auto& layers = result.results[s].at(analysis::Measure::query_loss).layers;
      layers.clear();
      for (const double value : values) layers.push_back({.value = value, .low = {}, .high = {}});
    }
  }
  return report;
}

TEST(LayerProfiles, PutAllCorporaOnOneScale) {
  EXPECT_EQ(layer_profiles(with_layers({0.0, 0.1, 0.2}, {0.2, 0.31, 0.4}), "aqua", 0.5),
            "\nDynamic query loss by layer at k/d = 0.5, layers 0 to 2; lowest block 0.0000,\n"
            "highest 0.4000\n\n"
            "en  ▁▃▅\n"
            "hi  ▅▇█\n");
}

TEST(LayerProfiles, AverageNeighboursWhenThereAreManyLayers) {
  std::vector<double> values(96, 0.0);
  values[94] = 1.0;
  values[95] = 0.5;
  const std::string text = layer_profiles(with_layers(values, values), "aqua", 0.5);
  EXPECT_THAT(text, testing::HasSubstr("layers 0 to 95, 2 a block"));
  std::string curve = "en  ";
  for (int i = 0; i < 47; ++i) curve += "▁";
  EXPECT_THAT(text, testing::HasSubstr(curve + "▇\n"));
}

TEST(LayerProfiles, SayNothingAboutTwoLayersOrWhatWasNotMeasured) {
  EXPECT_EQ(layer_profiles(with_layers({0.1, 0.2}, {0.1, 0.2}), "aqua", 0.5), "");
  EXPECT_EQ(layer_profiles(with_layers({0.1, 0.2, 0.3}, {0.1, 0.2, 0.3}), "random", 0.5), "");
}

}  // namespace
}  // namespace aqua::report
