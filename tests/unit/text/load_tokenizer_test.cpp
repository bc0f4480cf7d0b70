#include <thread>

#include "aqua/text/tokenizer.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using nlohmann::json;
using test::format_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LoadTokenizer : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const json& content) const {
    return load_tokenizer(folder_.write("tokenizer.json", content.dump()));
  }
  // Without the folder's name, which differs from run to run.
  std::string refusal(const json& content) const {
    const std::string message = format_error([&] { load(content); });
    const std::string prefix = folder_.path().string() + "/";
    EXPECT_TRUE(message.starts_with(prefix)) << message;
    return message.substr(std::min(prefix.size(), message.size()));
  }
  json with_added() const {
    json content = test::small_tokenizer();
    content["added_tokens"] = {{{"id", 4},
                                {"content", "<s>"},
                                {"single_word", false},
                                {"lstrip", false},
                                {"rstrip", false},
                                {"normalized", false},
                                {"special", true}}};
    return content;
  }

  aqua::test::TemporaryFolder folder_;
};

TEST_F(LoadTokenizer, FromAFileOrAFolder) {
  folder_.write("tokenizer.json", with_added().dump());
  for (const auto& path : {folder_.path(), folder_ / "tokenizer.json"}) {
    const auto tokenizer = load_tokenizer(path);
    EXPECT_EQ(tokenizer->vocabulary_size(), 5);
    EXPECT_THAT(tokenizer->encode("cab<s>a", true), ElementsAre(2, 3, 4, 0));
    EXPECT_THAT(tokenizer->encode("", true), IsEmpty());
  }
}

TEST_F(LoadTokenizer, StepsComeInOrder) {
  json content = with_added();
  content["normalizer"] = {{"type", "Lowercase"}};
  content["pre_tokenizer"] = {{"type", "WhitespaceSplit"}};
  content["added_tokens"].push_back(content["added_tokens"][0]);
  content["added_tokens"][1]["id"] = 5;
  content["added_tokens"][1]["content"] = "C A";
  content["added_tokens"][1]["normalized"] = true;
  const auto tokenizer = load(content);
  // <s> before normalization, "C A" behind it and before words are cut.
  const Encoding encoding = tokenizer->encode_with_starts("A b<s>c aC <S>", false);
  EXPECT_THAT(encoding.ids, ElementsAre(0, 1, 4, 5, 2));
  EXPECT_THAT(encoding.starts, ElementsAre(0, 2, 3, 6, 9));
}

TEST_F(LoadTokenizer, StartsAreBytesOfTheOriginalText) {
  json content = test::small_tokenizer();
  content["normalizer"] = {
      {"type", "Sequence"},
      {"normalizers",
       {{{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}},
        {{"type", "Replace"}, {"pattern", {{"String", "xx"}}}, {"content", "c"}},
        {{"type", "Prepend"}, {"prepend", "b"}}}}};
  const Encoding encoding = load(content)->encode_with_starts("  abxxab ", false);
  EXPECT_THAT(encoding.ids, ElementsAre(1, 3, 2, 3));
  EXPECT_THAT(encoding.starts, ElementsAre(2, 2, 5, 6));
}

TEST_F(LoadTokenizer, ByteLevelStartsAreExactInsideCharacters) {
  json content = test::small_tokenizer();
  content["model"] = {{"type", "BPE"},
                      {"vocab", {{"\u00C3", 0}, {"\u00A9", 1}, {"\u0120", 2}}},
                      {"merges", json::array()}};
  content["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", true}};
  const Encoding encoding = load(content)->encode_with_starts("\u00E9 \u00E9", false);
  EXPECT_THAT(encoding.ids, ElementsAre(2, 0, 1, 2, 0, 1));
  EXPECT_THAT(encoding.starts, ElementsAre(0, 0, 1, 2, 3, 4));
}

TEST_F(LoadTokenizer, TruncationAndPaddingAreNotApplied) {
  json content = test::small_tokenizer();
  content["truncation"] = {{"direction", "Right"}, {"max_length", 1}};
  content["padding"] = {{"pad_id", 0}};
  EXPECT_THAT(load(content)->encode("cc", true), ElementsAre(2, 2));
}

TEST_F(LoadTokenizer, RefusesInvalidUtf8WithTheByte) {
  const auto tokenizer = load(test::small_tokenizer());
  EXPECT_EQ(format_error([&] { tokenizer->encode("ab\xFF", true); }),
            "the text to tokenise: not valid UTF-8 at byte 2");
}

TEST_F(LoadTokenizer, ThreadsShareIt) {
  json content = with_added();
  content["pre_tokenizer"] = {{"type", "Whitespace"}};
  const auto tokenizer = load(content);
  std::string text;
  for (int i = 0; i < 300; ++i) text += "abc cab <s> ba";
  const auto expected = tokenizer->encode(text, true);
  std::vector<std::vector<int32_t>> found(4);
  std::vector<std::thread> threads;
  for (auto& ids : found) {
    threads.emplace_back([&] { ids = tokenizer->encode(text, true); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found, ::testing::Each(expected));
}

TEST_F(LoadTokenizer, RefusesWhatIsMissingOrOfAnotherType) {
  EXPECT_EQ(refusal(json::object()), "tokenizer.json: \"model\" is missing");
  EXPECT_EQ(refusal(json::array()), "tokenizer.json: expected an object, found []");
  json content = test::small_tokenizer();
  content["version"] = "2.0";
  EXPECT_EQ(refusal(content), "tokenizer.json: \"version\": expected \"1.0\", found \"2.0\"");
  content = test::small_tokenizer();
  content["pre_tokenizer"] = {{"type", "Sequence"},
                              {"pretokenizers", {{{"type", "BertPreTokenizer"}}}}};
  EXPECT_THAT(
      refusal(content),
      ::testing::AllOf(
          HasSubstr("tokenizer.json: \"pre_tokenizer.pretokenizers[0].type\": expected one of"),
          HasSubstr("found \"BertPreTokenizer\"")));
  content["pre_tokenizer"]["pretokenizers"] = "none";
  EXPECT_EQ(refusal(content),
            "tokenizer.json: \"pre_tokenizer.pretokenizers\": expected a list, found \"none\"");
  content["pre_tokenizer"] = "Whitespace";
  EXPECT_EQ(refusal(content),
            "tokenizer.json: \"pre_tokenizer\": expected an object, found \"Whitespace\"");
  content["pre_tokenizer"] = {{"type", 3}};
  EXPECT_EQ(refusal(content), "tokenizer.json: \"pre_tokenizer.type\": expected a string, found 3");
}

TEST_F(LoadTokenizer, RefusesIdsOfThePostProcessorThatNoTokenHas) {
  json content = test::small_tokenizer();
  content["post_processor"] = {{"type", "BertProcessing"}, {"sep", {"a", 0}}, {"cls", {"<s>", 4}}};
  EXPECT_EQ(refusal(content),
            "tokenizer.json: \"post_processor\": expected ids below 4, the number of "
            "tokens, found 4");
}

TEST_F(LoadTokenizer, RefusesTruncatedAndMissingFiles) {
  const std::string whole = test::small_tokenizer().dump();
  for (const std::size_t size : {std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    const auto path = folder_.write("tokenizer.json", whole.substr(0, size));
    EXPECT_THAT(format_error([&] { load_tokenizer(path); }),
                HasSubstr("tokenizer.json: not valid JSON"));
  }
  EXPECT_THAT(format_error([&] { load_tokenizer(folder_ / "no.json"); }),
              HasSubstr("no.json: cannot be opened: No such file or directory"));
  const aqua::test::TemporaryFolder empty;
  EXPECT_THAT(format_error([&] { load_tokenizer(empty.path()); }),
              HasSubstr("tokenizer.json: cannot be opened"));
}

TEST_F(LoadTokenizer, RefusesDeepNesting) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  const auto path = folder_.write("tokenizer.json", "{\"model\":" + deep + "}");
  EXPECT_THAT(format_error([&] { load_tokenizer(path); }),
              HasSubstr("tokenizer.json: \"model\": expected an object, found"));
}

}  // namespace
}  // namespace aqua::text
