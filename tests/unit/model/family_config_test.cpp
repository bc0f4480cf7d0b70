// What the families refuse, in which words, and what config.json may leave out.
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "altered_checkpoint.hpp"
#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

using nlohmann::json;
using testing::ThrowsMessage;

void expect_refused(const std::string& golden, const json& changes, const std::string& message) {
  const AlteredCheckpoint checkpoint("families/" + golden);
  checkpoint.configure(changes);
  EXPECT_THAT([&] { checkpoint.load(); },
              ThrowsMessage<FormatError>(checkpoint.file("config.json") + ": " + message))
      << golden << " " << changes;
}

const std::vector<std::vector<int32_t>> some_ids{{5, 9, 2, 7, 1, 1, 8, 30, 12, 4, 6, 10}};

// Both configurations run and give the same logits.
void expect_same(const std::string& golden, const json& changes) {
  const AlteredCheckpoint checkpoint("families/" + golden);
  const auto expected = logits_of(*checkpoint.load(), some_ids, 1);
  checkpoint.configure(changes);
  EXPECT_EQ(logits_of(*checkpoint.load(), some_ids, 1), expected) << golden << " " << changes;
}

void expect_different(const std::string& golden, const json& changes) {
  const AlteredCheckpoint checkpoint("families/" + golden);
  const auto expected = logits_of(*checkpoint.load(), some_ids, 1);
  checkpoint.configure(changes);
  EXPECT_NE(logits_of(*checkpoint.load(), some_ids, 1), expected) << golden << " " << changes;
}

TEST(FamilyConfig, LanguageModelsOfMultimodalModels) {
  expect_refused("gemma3_inside", {{"text_config", nullptr}}, "\"text_config\" is missing");
  expect_refused("gemma3_inside", {{"text_config", 7}},
                 "\"text_config\": expected an object, found 7");
  expect_refused("gemma3_inside", {{"text_config", {{"model_type", "gemma3"}}}},
                 "\"text_config\": \"model_type\": expected \"gemma3_text\" in a model of type "
                 "gemma3, found \"gemma3\"");
  expect_refused("gemma3_inside", {{"text_config", {{"num_hidden_layers", nullptr}}}},
                 "\"text_config\": \"num_hidden_layers\" is missing");
  // A model type that only looks alike.
  expect_refused("mistral3_outside", {{"model_type", "mistral4"}},
                 fmt::format("\"model_type\": expected one of {}, found \"mistral4\"",
                             fmt::join(supported_families(), ", ")));
}

TEST(FamilyConfig, WindowsAndTypesOfLayers) {
  expect_refused("mistral_window", {{"sliding_window", 0}},
                 "\"sliding_window\": expected a positive number, found 0");
  expect_refused(
      "mistral_window",
      {{"sliding_window", nullptr}, {"layer_types", {"full_attention", "sliding_attention"}}},
      "layer 1 has sliding attention, but \"sliding_window\" is missing");
  expect_refused("qwen2_windows", {{"layer_types", {"full_attention"}}},
                 "\"layer_types\": expected 3 entries, one for each layer, found 1");
  expect_refused("gemma2_capped",
                 {{"layer_types", {"full_attention", "chunked_attention", "full_attention"}}},
                 "\"layer_types[1]\": expected full_attention or sliding_attention, found "
                 "\"chunked_attention\"");
  // Qwen writes a window that has no effect unless it is switched on.
  expect_refused("qwen2_windows", {{"use_sliding_window", false}},
                 "layer 1 has sliding attention, but \"sliding_window\" is missing");
  expect_same("qwen2_tied", {{"sliding_window", 3}});
  expect_different("mistral_window", {{"sliding_window", nullptr}});
  // By default every other layer of Gemma 2 slides, from the first, and five of six of Gemma 3.
  expect_same("gemma2_capped", {{"layer_types", nullptr}});
  expect_same("gemma3_text_scaled", {{"layer_types", nullptr}});
  expect_same("gemma3_text_scaled", {{"layer_types", nullptr}, {"sliding_window_pattern", 6}});
  expect_refused("gemma3_text_v4", {{"sliding_window_pattern", 0}},
                 "\"sliding_window_pattern\": expected a positive number, found 0");
  // As transformers, OLMoE has none.
  expect_refused("olmoe_gqa", {{"sliding_window", 512}},
                 "\"sliding_window\": only null is supported, found 512");
}

TEST(FamilyConfig, GemmaOptions) {
  for (const char* golden : {"gemma2_capped", "gemma3_text_scaled"}) {
    expect_refused(golden, {{"use_bidirectional_attention", true}},
                   "\"use_bidirectional_attention\": only false is supported, found true");
    expect_refused(golden, {{"query_pre_attn_scalar", 0}},
                   "\"query_pre_attn_scalar\": expected a positive number, found 0");
  }
  expect_refused("gemma3_text_scaled", {{"attn_logit_softcapping", 50.0}},
                 "\"attn_logit_softcapping\": only null is supported, found 50.0");
  expect_refused("gemma2_capped", {{"final_logit_softcapping", -1.0}},
                 "\"final_logit_softcapping\": expected a positive number, found -1");
}

TEST(FamilyConfig, ExpertOptions) {
  expect_refused("mixtral_full", {{"num_experts_per_tok", 5}},
                 "\"num_experts_per_tok\": expected a number from 1 to 4, found 5");
  expect_refused("mixtral_full", {{"num_local_experts", -3}},
                 "\"num_experts\": expected a number from 1 to 65536, found -3");
  expect_refused("qwen3_moe_some", {{"decoder_sparse_step", 0}},
                 "\"decoder_sparse_step\": expected a positive number, found 0");
  expect_refused("qwen3_moe_some", {{"moe_intermediate_size", nullptr}},
                 "\"moe_intermediate_size\" is missing");
  expect_different("olmoe_gqa", {{"norm_topk_prob", true}});
  expect_different("olmoe_clipped", {{"clip_qkv", nullptr}});
}

TEST(FamilyConfig, OptionsWithoutWhichOlderModelsRun) {
  expect_refused("gpt2_scaled", {{"add_cross_attention", true}},
                 "\"add_cross_attention\": only false is supported, found true");
  expect_refused("gpt2_scaled", {{"n_positions", nullptr}}, "\"n_positions\" is missing");
  expect_refused("opt_plain", {{"do_layer_norm_before", false}},
                 "\"do_layer_norm_before\": only true is supported, found false");
  expect_refused("opt_plain", {{"word_embed_proj_dim", 16}},
                 "\"word_embed_proj_dim\": only 32 is supported, found 16");
  expect_refused("opt_plain", {{"layer_norm_elementwise_affine", false}},
                 "\"layer_norm_elementwise_affine\": only true is supported, found false");
  expect_different("opt_plain", {{"_remove_final_layer_norm", true}});
  expect_different("gpt2_scaled", {{"scale_attn_weights", false}});
  expect_different("gpt_neox_serial", {{"use_parallel_residual", true}});
}

TEST(FamilyConfig, RotaryOptions) {
  expect_refused("gpt_neox_parallel", {{"rotary_pct", 0.0}},
                 "\"rotary_pct\": expected a number above 0 and at most 1, found 0");
  expect_refused("gpt_neox_parallel", {{"rotary_pct", 1.5}},
                 "\"rotary_pct\": expected a number above 0 and at most 1, found 1.5");
  expect_refused(
      "gpt_neox_parallel", {{"rotary_pct", 0.01}},
      "\"head_dim\": rotary embedding needs an even number of dimensions, found 0 of 16");
  expect_refused("phi3_longrope", {{"rope_scaling", {{"long_factor", {1.0, 2.0}}}}},
                 "\"long_factor\": expected 4 numbers, one for each pair of rotated dimensions, "
                 "found 2");
  // Earlier names of longrope in Phi-3.
  expect_same("phi3_longrope", {{"rope_scaling", {{"type", "su"}}}});
  expect_same("phi3_longrope", {{"rope_scaling", {{"type", "yarn"}}}});
  // A quarter, when a GPT-NeoX does not say.
  expect_same("gpt_neox_parallel", {{"rotary_pct", nullptr}});
  expect_refused("llama_dynamic", {{"max_position_embeddings", nullptr}},
                 "\"max_position_embeddings\" is missing, which rope_type dynamic needs");
}

TEST(FamilyConfig, PositionsThatScalingReaches) {
  EXPECT_EQ(load(golden_folder("families/llama_dynamic"))->max_positions(), 32);
  EXPECT_EQ(load(golden_folder("families/llama_yarn"))->max_positions(), 64);
  EXPECT_EQ(load(golden_folder("families/gpt2_bare"))->max_positions(), 24);
}

TEST(FamilyConfig, Layouts) {
  const auto layout = [](const std::string& path) {
    return load(golden_folder("families") / path)->facts().rope_layout;
  };
  EXPECT_EQ(layout("gpt2_bare"), capture::RopeLayout::none);
  EXPECT_EQ(layout("gpt2_bare/model.gguf"), capture::RopeLayout::none);
  EXPECT_EQ(layout("opt_plain"), capture::RopeLayout::none);
  EXPECT_EQ(layout("mistral_full"), capture::RopeLayout::half);
  EXPECT_EQ(layout("mistral_full/model.gguf"), capture::RopeLayout::interleaved);
  EXPECT_EQ(layout("phi3_window/model.gguf"), capture::RopeLayout::half);
}

}  // namespace
}  // namespace aqua::model
