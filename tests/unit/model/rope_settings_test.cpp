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

TEST(RopeSettings, DynamicGrowsTheBaseOfLongSequences) {
  const auto rope = settings(R"({"rope_theta": 10000.0,
      "rope_scaling": {"rope_type": "dynamic", "factor": 4.0}})",
                             {.head_dim = 16, .max_positions = 100});
  EXPECT_EQ(rope.extended_positions, 400);
  EXPECT_EQ(frequencies_for(rope, 100), rope.inverse_frequency);
  EXPECT_EQ(rope_variant(rope, 7), rope_variant(rope, 100));
  EXPECT_NE(rope_variant(rope, 100), rope_variant(rope, 101));
  EXPECT_NE(rope_variant(rope, 101), rope_variant(rope, 102));
  for (const int64_t tokens : {101, 250, 400}) {
    const double growth = 4.0 * static_cast<double>(tokens) / 100 - 3.0;
    const double theta = 10000.0 * std::pow(growth, 16.0 / 14.0);
    const auto found = frequencies_for(rope, tokens);
    for (std::size_t i = 0; i < 8; ++i) {
      expect_near(found[i], std::pow(theta, -static_cast<double>(i) / 8));
    }
  }
}

TEST(RopeSettings, YarnKeepsFastDimensionsAndStretchesSlowOnes) {
  const auto rope = settings(R"({"rope_theta": 10000.0, "rope_scaling": {"rope_type": "yarn",
      "factor": 8.0, "original_max_position_embeddings": 256, "beta_fast": 16, "beta_slow": 2}})");
  EXPECT_EQ(rope.extended_positions, 2048);
  expect_near(rope.attention_scale, 0.1 * std::log(8.0) + 1.0);
  // The dimensions i (of 8 pairs) whose angle turns 16 and 2 times in 256 positions.
  const auto dimension = [](double turns) {
    return 8 * std::log(256 / (turns * 2 * std::numbers::pi)) / std::log(10000.0);
  };
  const double low = std::floor(dimension(16));
  const double high = std::ceil(dimension(2));
  ASSERT_LT(low, high);
  for (std::size_t i = 0; i < 8; ++i) {
    const auto at = static_cast<double>(i);
    const double plain = std::pow(10.0, -0.5 * at);
    const double ramp = std::clamp((at - low) / (high - low), 0.0, 1.0);
    EXPECT_NEAR(rope.inverse_frequency[i], plain * (1 - ramp) + plain / 8 * ramp, 4e-7 * plain);
  }
}

TEST(RopeSettings, YarnsAttentionFactorMayBeStatedOrMadeOfMagnitudes) {
  const auto scale = [](const char* more) {
    const std::string text = fmt::format(R"({{"rope_scaling": {{"rope_type": "yarn", "factor": 4.0,
        "original_max_position_embeddings": 256 {}}}}})",
                                         more);
    return settings(text.c_str()).attention_scale;
  };
  EXPECT_EQ(scale(R"(, "attention_factor": 1.25)"), 1.25F);
  expect_near(scale(R"(, "mscale": 2.0, "mscale_all_dim": 0.5)"),
              (0.2 * std::log(4.0) + 1) / (0.05 * std::log(4.0) + 1));
}

TEST(RopeSettings, LongropeDividesByTheLengthOfTheSequence) {
  const auto rope = settings(R"({"rope_theta": 10000.0, "partial_rotary_factor": 0.25,
      "original_max_position_embeddings": 32, "rope_scaling": {"type": "su",
      "short_factor": [1.0, 2.0], "long_factor": [4.0, 8.0]}})",
                             {.head_dim = 16, .max_positions = 128});
  const std::vector<double> plain{1.0, 0.01};
  for (std::size_t i = 0; i < 2; ++i) {
    expect_near(frequencies_for(rope, 32)[i], plain[i] / std::vector{1.0, 2.0}[i]);
    expect_near(frequencies_for(rope, 33)[i], plain[i] / std::vector{4.0, 8.0}[i]);
  }
  expect_near(rope.attention_scale, std::sqrt(1 + std::log(4.0) / std::log(32.0)));
  EXPECT_EQ(rope_variant(rope, 33), rope_variant(rope, 128));
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
