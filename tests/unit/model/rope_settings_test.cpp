#include "rope_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

using nlohmann::json;
using testing::ThrowsMessage;

RopeSettings settings(const char* config, const RopeDefaults& defaults = {.head_dim = 16}) {
  return read_rope_settings(json::parse(config), defaults, "config.json");
}

std::vector<float> frequencies(const char* config) { return settings(config).inverse_frequency; }

// Two roundings on top of the exact value.
void expect_near(float found, double exact) { EXPECT_NEAR(found, exact, 2e-7 * exact); }

TEST(RopeSettings, DefaultFrequenciesFallGeometrically) {
  for (const char* config :
       {R"({"rope_theta": 500.0})", R"({"rope_theta": 500, "rope_scaling": null})",
        R"({"rope_parameters": {"rope_theta": 500.0, "rope_type": "default"}})",
        R"({"rope_theta": 7.0, "rope_parameters": {"rope_theta": 500.0}})"}) {
    const auto found = frequencies(config);
    ASSERT_EQ(found.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) {
      expect_near(found[i], std::pow(500.0, -2.0 * static_cast<double>(i) / 16));
    }
  }
}

TEST(RopeSettings, ThetaIsTenThousandUnlessStated) {
  expect_near(frequencies("{}")[4], 0.01);
  expect_near(frequencies(R"({"rope_scaling": {"type": "linear", "factor": 4.0}})")[4], 0.0025);
}

TEST(RopeSettings, LinearDividesByTheFactor) {
  for (const char* config :
       {R"({"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 2.5}})",
        R"({"rope_theta": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 2.5}})",
        R"({"rope_parameters": {"rope_theta": 1e4, "rope_type": "linear", "factor": 2.5}})"}) {
    const auto found = frequencies(config);
    for (std::size_t i = 0; i < 8; ++i) {
      expect_near(found[i], std::pow(10.0, -0.5 * static_cast<double>(i)) / 2.5);
    }
  }
}

TEST(RopeSettings, Llama3KeepsInterpolatesAndStretches) {
  const auto found = frequencies(R"({"rope_parameters": {"rope_type": "llama3",
      "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 32}})");
  int kept = 0;
  int stretched = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const double plain = std::pow(10.0, -0.5 * static_cast<double>(i));
    const double turns = 32 * plain / (2 * std::numbers::pi);  // over the original context
    const double share = std::clamp((turns - 1.0) / 3.0, 0.0, 1.0);
    expect_near(found[i], plain * (share + (1 - share) / 8));
    kept += share == 1.0 ? 1 : 0;
    stretched += share == 0.0 ? 1 : 0;
  }
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(stretched, 6);
}

TEST(RopeSettings, RefusesWhatItDoesNotKnow) {
  const auto reading = [](const char* config) { return [config] { frequencies(config); }; };
  EXPECT_THAT(reading(R"({"rope_scaling": {"rope_type": "mrope", "factor": 4.0}})"),
              ThrowsMessage<FormatError>("config.json: \"rope_type\": expected one of default, "
                                         "linear, dynamic, yarn, llama3, longrope, found "
                                         "\"mrope\""));
  EXPECT_THAT(reading(R"({"rope_scaling": 2})"),
              ThrowsMessage<FormatError>(
                  "config.json: \"rope_scaling\": expected an object, found number"));
  EXPECT_THAT(reading(R"({"rope_parameters": [1]})"),
              ThrowsMessage<FormatError>(
                  "config.json: \"rope_parameters\": expected an object, found array"));
  EXPECT_THAT(reading(R"({"rope_scaling": {"rope_type": "linear"}})"),
              ThrowsMessage<FormatError>("config.json: \"factor\" is missing"));
  EXPECT_THAT(
      reading(R"({"rope_scaling": {"rope_type": "linear", "factor": 0}})"),
      ThrowsMessage<FormatError>("config.json: \"factor\": expected a positive number, found 0"));
  EXPECT_THAT(reading(R"({"rope_theta": -1.5})"),
              ThrowsMessage<FormatError>(
                  "config.json: \"rope_theta\": expected a positive number, found -1.5"));
  EXPECT_THAT(reading(R"({"rope_theta": "large"})"),
              ThrowsMessage<FormatError>(
                  "config.json: \"rope_theta\": expected a number, found \"large\""));
  EXPECT_THAT(reading(R"({"rope_parameters": {"rope_type": "llama3", "factor": 8.0,
                  "low_freq_factor": 4.0, "high_freq_factor": 4.0,
                  "original_max_position_embeddings": 32}})"),
              ThrowsMessage<FormatError>("config.json: \"high_freq_factor\": expected more than "
                                         "low_freq_factor 4, found 4"));
}

}  // namespace
}  // namespace aqua::model
