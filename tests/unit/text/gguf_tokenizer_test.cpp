#include "aqua/text/tokenizer.hpp"
#include "gguf/pre_tokenizer_kinds.hpp"
#include "gguf_fixture.hpp"
#include "pre_tokenizers/pre_tokenizers.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using test::GgufBytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Types: 1 normal, 2 unknown, 3 control, 4 user-defined, 6 byte.
constexpr int32_t kNormal = 1;
constexpr int32_t kControl = 3;

class GgufTokenizer : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const GgufBytes& file) const {
    return load_tokenizer(folder_.write("t.gguf", file.bytes()));
  }
  std::string refusal(const GgufBytes& file) const {
    const std::string message = format_error([&] { load(file); });
    const std::string prefix = folder_.path().string() + "/";
    EXPECT_TRUE(message.starts_with(prefix)) << message;
    return message.substr(std::min(prefix.size(), message.size()));
  }
  // Tokens 0 <unk>, 1 <s>, 2 </s>, 3 ▁, 4 a, 5 b, 6 ab, 7 ▁a, 8 bb, 9 <0xC3>, 10 <0xA9>, 11 <user>.
  static GgufBytes sentencepiece() {
    GgufBytes file;
    file.text("tokenizer.ggml.model", "llama")
        .texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "\u2581", "a", "b", "ab",
                                         "\u2581a", "bb", "<0xC3>", "<0xA9>", "<user>"})
        .floats("tokenizer.ggml.scores", {0, 0, 0, -9, -9, -9, -1, -2, -1, 0, 0, 0})
        .integers("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 1, 1, 1, 1, 6, 6, 4});
    return file;
  }
  static GgufBytes byte_level(const std::string& kind = "gpt-2") {
    GgufBytes file;
    file.text("tokenizer.ggml.model", "gpt2");
    if (!kind.empty()) file.text("tokenizer.ggml.pre", kind);
    file.texts("tokenizer.ggml.tokens", {"a", "b", "\u0120", "ab", "<|end|>", "\u0120ab"})
        .texts("tokenizer.ggml.merges", {"a b"})
        .integers("tokenizer.ggml.token_type", {1, 1, 1, 1, kControl, kNormal})
        .number("tokenizer.ggml.bos_token_id", 4)
        .number("tokenizer.ggml.eos_token_id", 4);
    return file;
  }

  aqua::test::TemporaryFolder folder_;
};

TEST_F(GgufTokenizer, SentencePieceMergesByScore) {
  const auto tokenizer = load(sentencepiece());
  EXPECT_EQ(tokenizer->vocabulary_size(), 12);
  // "ab" (−1) before "▁a" (−2); of the two equal scores in "abb" the left one.
  EXPECT_THAT(tokenizer->encode("ab", false), ElementsAre(3, 6));
  EXPECT_THAT(tokenizer->encode("abb", false), ElementsAre(3, 6, 5));
  EXPECT_THAT(tokenizer->encode("a a", false), ElementsAre(7, 7));
  EXPECT_THAT(tokenizer->encode("aa", true), ElementsAre(1, 7, 4));
}

TEST_F(GgufTokenizer, SentencePieceFallsBackToBytesThenToUnknown) {
  const auto tokenizer = load(sentencepiece());
  EXPECT_THAT(tokenizer->encode("\u00E9", false), ElementsAre(3, 9, 10));
  EXPECT_THAT(tokenizer->encode("xyb", false), ElementsAre(3, 0, 5));
}

TEST_F(GgufTokenizer, SentencePiecePrefixBehindEveryToken) {
  const auto tokenizer = load(sentencepiece());
  EXPECT_THAT(tokenizer->encode("<s>a<user>b", false), ElementsAre(1, 7, 11, 3, 5));
  const auto bare = load(sentencepiece().boolean("tokenizer.ggml.add_space_prefix", false));
  EXPECT_THAT(bare->encode("a<user>a a", false), ElementsAre(4, 11, 4, 7));
}

TEST_F(GgufTokenizer, Phi3TokensTakeTheSpaceBehindThem) {
  const auto tokenizer = load(sentencepiece().text("general.name", "Phi3"));
  EXPECT_THAT(tokenizer->encode("<user> \n a<s> a", false), ElementsAre(11, 7, 1, 3, 7));
}

TEST_F(GgufTokenizer, BeginAndEndOfText) {
  EXPECT_THAT(
      load(sentencepiece().boolean("tokenizer.ggml.add_bos_token", false))->encode("a", true),
      ElementsAre(7));
  EXPECT_THAT(
      load(sentencepiece().boolean("tokenizer.ggml.add_eos_token", true))->encode("a", true),
      ElementsAre(1, 7, 2));
  EXPECT_THAT(load(byte_level())->encode("ab", true), ElementsAre(3));
  EXPECT_THAT(load(byte_level("llama-bpe"))->encode("ab ab", true), ElementsAre(4, 3, 5));
  EXPECT_THAT(load(byte_level().boolean("tokenizer.ggml.add_bos_token", true))->encode("ab", true),
              ElementsAre(4, 3));
}

TEST_F(GgufTokenizer, WithoutAKindItIsTheDefault) {
  EXPECT_THAT(load(byte_level(""))->encode("ab<|end|> ab", false), ElementsAre(3, 4, 2, 3));
}

TEST_F(GgufTokenizer, EveryKindSplits) {
  EXPECT_THAT(pre_tokenizer_kinds(), ::testing::SizeIs(::testing::Gt(40u)));
  const auto splits = [](std::string_view name, std::string_view text) {
    const PreTokenizerKind kind = pre_tokenizer_kind(name, "f");
    Pieces pieces(text);
    make_pre_tokenizer(JsonNode(kind.pre_tokenizer, "f"))->apply(pieces);
    return test::texts(pieces);
  };
  for (const std::string& name : pre_tokenizer_kinds()) {
    const auto parts = splits(name, "Hi there, it's 12345.");
    std::string joined;
    for (const std::string& part : parts) joined += part;
    EXPECT_EQ(joined, "Hi\u0120there,\u0120it's\u012012345.") << name;
    EXPECT_GT(parts.size(), 4u) << name;
  }
  EXPECT_THAT(splits("gpt-2", "a12345"), ElementsAre("a", "12345"));
  EXPECT_THAT(splits("default", "a12345"), ElementsAre("a", "123", "45"));
  EXPECT_THAT(splits("llama-bpe", "a12345"), ElementsAre("a", "123", "45"));
  EXPECT_THAT(splits("qwen2", "a123"), ElementsAre("a", "1", "2", "3"));
  EXPECT_THAT(splits("smollm", " a 12"), ElementsAre("\u0120a", "\u0120", "1", "2"));
  EXPECT_THAT(splits("gpt-4o", "HelloWorld'S x"), ElementsAre("Hello", "World'S", "\u0120x"));
  EXPECT_THAT(splits("tekken", "HelloWorld12"), ElementsAre("Hello", "World", "1", "2"));
  EXPECT_THAT(splits("deepseek-v3", "a1234-b"), ElementsAre("a", "123", "4", "-b"));
  EXPECT_THAT(splits("deepseek-llm", "ab-- c1"), ElementsAre("ab", "--", "\u0120c", "1"));
  EXPECT_THAT(splits("falcon", "a--b 1234"), ElementsAre("a", "--", "b", "\u0120", "123", "4"));
}

TEST_F(GgufTokenizer, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal(GgufBytes().text("tokenizer.ggml.model", "rwkv")),
            "t.gguf: \"tokenizer.ggml.model\": expected one of gpt2, llama, found \"rwkv\"");
  EXPECT_THAT(
      refusal(byte_level("nobody-knows")),
      ::testing::AllOf(HasSubstr("t.gguf: \"tokenizer.ggml.pre\": expected one of default, "),
                       HasSubstr(", found \"nobody-knows\"")));
}

TEST_F(GgufTokenizer, RefusesListsThatDoNotFit) {
  const auto file = [](std::vector<std::string> tokens, std::vector<float> scores) {
    GgufBytes bytes;
    bytes.text("tokenizer.ggml.model", "llama")
        .texts("tokenizer.ggml.tokens", tokens)
        .floats("tokenizer.ggml.scores", scores);
    return bytes;
  };
  EXPECT_EQ(refusal(file({"<unk>", "a"}, {0})),
            "t.gguf: \"tokenizer.ggml.scores\": expected 2 scores, one for each token, found 1");
  EXPECT_EQ(refusal(file({"<unk>", "a"}, {0, NAN})),
            "t.gguf: \"tokenizer.ggml.scores\": expected a finite score of token 1, found nan");
  EXPECT_EQ(refusal(file({"<unk>", "a", "a"}, {0, 0, 0})),
            "t.gguf: \"tokenizer.ggml.tokens\": token 2 appears twice: \"a\"");
  EXPECT_EQ(refusal(file({"<unk>"}, {0})), "t.gguf: \"tokenizer.ggml.bos_token_id\" is missing");
  EXPECT_EQ(refusal(sentencepiece().number("tokenizer.ggml.bos_token_id", 12)),
            "t.gguf: \"tokenizer.ggml.bos_token_id\": expected an id below 12, found 12");
  EXPECT_EQ(refusal(file({"<unk>", "a"}, {0, 0}).integers("tokenizer.ggml.token_type", {1})),
            "t.gguf: \"tokenizer.ggml.token_type\": expected 2 types, one for each token, found 1");
}

}  // namespace
}  // namespace aqua::text
