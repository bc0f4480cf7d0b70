// GGUF metadata that does not describe a model we run: refused, in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>

#include "aqua/core/error.hpp"
#include "model_fixture.hpp"
#include "temporary_folder.hpp"

namespace aqua::model {
namespace {

using testing::ThrowsMessage;

// A copy of a golden GGUF file with some of its bytes changed.
class AlteredGguf {
 public:
  explicit AlteredGguf(const std::string& golden) {
    std::ifstream in(golden_folder("families") / golden / "model.gguf", std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
  }
  /// Sets a 32-bit number, whose key and type stand before it.
  AlteredGguf& number(const std::string& key, uint32_t value) {
    std::memcpy(bytes_.data() + after(key) + sizeof(uint32_t), &value, sizeof value);
    return *this;
  }
  AlteredGguf& number(const std::string& key, float value) {
    return number(key, std::bit_cast<uint32_t>(value));
  }
  /// Sets a string to one of the same length.
  AlteredGguf& text(const std::string& key, const std::string& value) {
    bytes_.replace(after(key) + sizeof(uint32_t) + sizeof(uint64_t), value.size(), value);
    return *this;
  }
  /// Adds a value of the given type (as numbered in the format), its bytes in `value`.
  AlteredGguf& add(const std::string& key, uint32_t type, const std::string& value) {
    std::string added = entry(key, type, value);
    // A second entry fills up to a multiple of the alignment, so that the tensors stay in place.
    const std::size_t least = entry("fill", 8, std::string(8, '\0')).size();
    const std::size_t fill = 64 - (added.size() + least) % 32;
    std::string text(8, '\0');
    text[0] = static_cast<char>(fill);
    added += entry("fill", 8, text + std::string(fill, 'x'));
    uint64_t count = 0;
    std::memcpy(&count, bytes_.data() + 16, sizeof count);
    count += 2;
    std::memcpy(bytes_.data() + 16, &count, sizeof count);
    bytes_.insert(24, added);
    return *this;
  }
  std::unique_ptr<Model> load_altered(const test::TemporaryFolder& folder) const {
    const auto path = folder.path() / "model.gguf";
    std::ofstream(path, std::ios::binary) << bytes_;
    return load(path);
  }
  void expect_refused(const std::string& message) const {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "model.gguf";
    std::ofstream(path, std::ios::binary) << bytes_;
    EXPECT_THAT([&] { load(path); }, ThrowsMessage<FormatError>(path.string() + ": " + message));
  }

 private:
  static std::string entry(const std::string& key, uint32_t type, const std::string& value) {
    const auto length = static_cast<uint64_t>(key.size());
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    bytes += key;
    bytes.append(reinterpret_cast<const char*>(&type), sizeof type);
    return bytes + value;
  }
  std::size_t after(const std::string& key) const {
    const std::size_t at = bytes_.find(key);
    EXPECT_NE(at, std::string::npos) << key;
    return at + key.size();
  }
  std::string bytes_;
};

TEST(GgufConfig, OtherArchitecturesAreRefusedByName) {
  AlteredGguf("llama_sqa")
      .text("general.architecture", "bloom")
      .expect_refused(
          "\"general.architecture\": expected one of llama, qwen2, qwen3, qwen3moe, olmo2, olmoe, "
          "gemma2, gemma3, phi3, gptneox, gpt2, found \"bloom\"");
}

TEST(GgufConfig, SizesOutOfRange) {
  AlteredGguf("llama_sqa")
      .number("llama.block_count", 4000000000U)
      .expect_refused("\"num_hidden_layers\": expected a number from 1 to 65536, found 4000000000");
  AlteredGguf("llama_sqa")
      .number("llama.attention.head_count_kv", 2U)
      .expect_refused(
          "3 query heads (num_attention_heads) is not a multiple of 2 KV heads "
          "(num_key_value_heads)");
  AlteredGguf("llama_sqa")
      .number("llama.attention.value_length", 4U)
      .expect_refused("\"llama.attention.value_length\": expected the key length 8, found 4");
  AlteredGguf("mixtral_full")
      .number("llama.expert_used_count", 99U)
      .expect_refused("\"num_experts_per_tok\": expected a number from 1 to 4, found 99");
  AlteredGguf("mixtral_full")
      .number("llama.expert_count", 5U)
      .expect_refused("\"blk.0.ffn_gate_inp.weight\": expected shape [5, 32], found [4, 32]");
}

TEST(GgufConfig, RotaryEmbedding) {
  AlteredGguf("llama_yarn")
      .text("llama.rope.scaling.type", "yawn")
      .expect_refused(
          "\"llama.rope.scaling.type\": expected none, linear, yarn or longrope, found \"yawn\"");
  AlteredGguf("llama_yarn")
      .number("llama.rope.scaling.factor", 0.0F)
      .expect_refused("\"llama.rope.scaling.factor\": expected a positive number, found 0");
  AlteredGguf("llama_yarn")
      .number("llama.rope.freq_base", -1.0F)
      .expect_refused("\"llama.rope.freq_base\": expected a positive number, found -1");
  AlteredGguf("llama_yarn")
      .number("llama.rope.dimension_count", 18U)
      .expect_refused(
          "\"llama.rope.dimension_count\": expected an even number from 2 to the head dimension "
          "16, found 18");
}

TEST(GgufConfig, OptionsThatChangeResults) {
  constexpr uint32_t float32 = 6;
  constexpr uint32_t boolean = 7;
  constexpr uint32_t uint32 = 4;
  const auto number = [](auto value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  AlteredGguf("llama_sqa")
      .add("llama.attention.causal", boolean, std::string(1, '\0'))
      .expect_refused("\"llama.attention.causal\": only true is supported, found false");
  AlteredGguf("llama_sqa")
      .add("llama.rope.scale_linear", float32, number(4.0F))
      .expect_refused(
          "\"llama.rope.scale_linear\": files of that age are not supported, whose scaling has no "
          "type");
  AlteredGguf("mixtral_full")
      .add("llama.expert_gating_func", uint32, number(uint32_t{2}))
      .expect_refused("\"llama.expert_gating_func\": only 1 (softmax) is supported, found 2");

  const std::vector<std::vector<int32_t>> ids{{5, 9, 2, 7, 1, 1, 8, 30, 12, 4, 6, 10}};
  const auto plain = logits_of(*load(golden_folder("families/llama_sqa/model.gguf")), ids, 1);
  const test::TemporaryFolder folder;
  AlteredGguf window("llama_sqa");
  window.add("llama.attention.sliding_window", uint32, number(uint32_t{5}));
  EXPECT_NE(logits_of(*window.load_altered(folder), ids, 1), plain);
  AlteredGguf wide("llama_sqa");
  wide.add("llama.attention.sliding_window", uint32, number(uint32_t{12}));
  EXPECT_EQ(logits_of(*wide.load_altered(folder), ids, 1), plain);
}

}  // namespace
}  // namespace aqua::model
