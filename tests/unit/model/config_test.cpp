// config.json: what has defaults, and what is refused in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "altered_checkpoint.hpp"
#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

using nlohmann::json;
using testing::ThrowsMessage;

void expect_refused(const json& changes, const std::string& message) {
  const AlteredCheckpoint checkpoint("mha");  // H 4, H_kv 4, d 8, hidden 32
  checkpoint.configure(changes);
  EXPECT_THAT([&] { checkpoint.load(); },
              ThrowsMessage<FormatError>(checkpoint.file("config.json") + ": " + message));
}

TEST(Config, SupportedFamilies) { EXPECT_THAT(supported_families(), testing::Contains("llama")); }

TEST(Config, OtherFamiliesAreRefusedByName) {
  expect_refused({{"model_type", "bert"}},
                 fmt::format("\"model_type\": expected one of {}, found \"bert\"",
                             fmt::join(supported_families(), ", ")));
  expect_refused({{"model_type", nullptr}}, "\"model_type\" is missing");
  expect_refused({{"model_type", 7}}, "\"model_type\": expected a string, found 7");
}

TEST(Config, SizesMustBeThereAndPositive) {
  const std::pair<const char*, int> extents[] = {{"num_hidden_layers", 65536},
                                                 {"hidden_size", 268435456},
                                                 {"intermediate_size", 268435456},
                                                 {"vocab_size", 268435456}};
  for (const auto& [key, largest] : extents) {
    expect_refused({{key, nullptr}}, fmt::format("\"{}\" is missing", key));
    for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{1} << 40}) {
      expect_refused({{key, value}}, fmt::format("\"{}\": expected a number from 1 to {}, found {}",
                                                 key, largest, value));
    }
    expect_refused({{key, 1.5}}, fmt::format("\"{}\": expected an integer, found 1.5", key));
  }
  expect_refused({{"num_attention_heads", nullptr}}, "\"num_attention_heads\" is missing");
}

TEST(Config, HeadLayoutsThatDoNotWork) {
  expect_refused({{"num_key_value_heads", 3}},
                 "4 query heads (num_attention_heads) is not a multiple of 3 KV heads "
                 "(num_key_value_heads)");
  expect_refused({{"num_attention_heads", 0}},
                 "expected positive head counts and head dimension, found 0 query heads, 4 KV "
                 "heads, head dimension 8");
  expect_refused({{"head_dim", 7}},
                 "\"head_dim\": rotary embedding needs an even number of dimensions, found 7 of 7");
  expect_refused({{"head_dim", 1 << 20}}, "4 heads of dimension 1048576 are out of range");
  expect_refused({{"num_attention_heads", 5}, {"num_key_value_heads", 5}, {"head_dim", nullptr}},
                 "\"head_dim\" is missing and hidden_size 32 is not a multiple of "
                 "num_attention_heads 5");
}

TEST(Config, OtherSettingsThatChangeResultsAreRefused) {
  expect_refused({{"hidden_act", "quick_gelu"}},
                 "\"hidden_act\": expected one of silu, swish, gelu, gelu_python, gelu_new, "
                 "gelu_fast, gelu_pytorch_tanh, relu, found \"quick_gelu\"");
  expect_refused({{"quantization_config", {{"quant_method", "gptq"}}}},
                 "\"quantization_config\": quantised Hugging Face weights are not supported");
  expect_refused({{"rms_norm_eps", -1e-6}},
                 "\"rms_norm_eps\": expected a number not below 0, found -1e-06");
  expect_refused({{"attention_bias", "yes"}},
                 "\"attention_bias\": expected true or false, found \"yes\"");
  expect_refused({{"max_position_embeddings", -4}},
                 "\"max_position_embeddings\": expected a number from 0 to 268435456, found -4");
}

TEST(Config, Defaults) {
  const AlteredCheckpoint checkpoint("mha");
  checkpoint.configure({{"head_dim", nullptr},  // hidden 32 / 4 heads = 8
                        {"num_key_value_heads", nullptr},
                        {"max_position_embeddings", nullptr},
                        {"attention_bias", nullptr},
                        {"mlp_bias", nullptr},
                        {"hidden_act", nullptr},
                        {"tie_word_embeddings", nullptr},
                        {"rms_norm_eps", nullptr},
                        {"rope_parameters", nullptr}});
  const auto model = checkpoint.load();
  const auto original = load(golden_folder("mha"));
  EXPECT_EQ(model->facts().heads, (HeadLayout{4, 4, 8}));
  EXPECT_EQ(model->max_positions(), 0);
  const std::vector<std::vector<int32_t>> ids{{1, 2, 3}};
  EXPECT_EQ(logits_of(*model, ids, 1), logits_of(*original, ids, 1));
  // Without max_position_embeddings any length runs.
  EXPECT_NO_THROW(logits_of(*model, {std::vector<int32_t>(65, 1)}, 1));
}

TEST(Config, NotJson) {
  const AlteredCheckpoint checkpoint("mha");
  std::ofstream(checkpoint.path() / "config.json") << "{\"model_type\": ";
  EXPECT_THAT(
      [&] { checkpoint.load(); },
      ThrowsMessage<FormatError>(checkpoint.file("config.json") + ": not valid JSON at byte 16"));
  std::ofstream(checkpoint.path() / "config.json") << "[]";
  EXPECT_THAT([&] { checkpoint.load(); },
              ThrowsMessage<FormatError>(checkpoint.file("config.json") +
                                         ": expected an object, found []"));
}

}  // namespace
}  // namespace aqua::model
