// Ids against those of the packages `tokenizers` and `sentencepiece`
// (tests/golden/text/make_golden.py).
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "aqua/text/tokenizer.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(AQUA_SOURCE_DIR) / "tests/golden/text";

nlohmann::json read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

std::filesystem::path tokenizer_path(const std::string& name) {
  if (name == "bundled") {
    return std::filesystem::path(AQUA_SOURCE_DIR) /
           "data/models/aqua-tiny-bilingual/tokenizer.json";
  }
  if (name.starts_with("sentencepiece_")) return kGolden / "models" / (name + ".model");
  if (name.starts_with("gguf_")) return kGolden / "models" / (name + ".gguf");
  return kGolden / "tokenizers" / (name + ".json");
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& file : std::filesystem::directory_iterator(kGolden / "ids")) {
    result.push_back(file.path().stem());
  }
  std::ranges::sort(result);
  return result;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, IdsAreTheReferences) {
  const std::string& name = GetParam();
  const auto tokenizer = load_tokenizer(tokenizer_path(name));
  const nlohmann::json texts = read(kGolden / "texts.json");
  const nlohmann::json expected = read(kGolden / "ids" / (name + ".json"));
  ASSERT_GT(expected.size(), 100u);
  ASSERT_LE(expected.size(), texts.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto text = texts[i].get<std::string>();
    const Encoding with = tokenizer->encode_with_starts(text, true);
    EXPECT_EQ(with.ids, expected[i][0].get<std::vector<int32_t>>()) << texts[i];
    EXPECT_EQ(tokenizer->encode(text, false), expected[i][1].get<std::vector<int32_t>>())
        << texts[i];
    ASSERT_EQ(with.starts.size(), with.ids.size());
    EXPECT_TRUE(std::ranges::is_sorted(with.starts)) << texts[i];
    if (!with.starts.empty()) {
      EXPECT_GE(with.starts.front(), 0);
      EXPECT_LE(with.starts.back(), static_cast<int64_t>(text.size()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, Golden, ::testing::ValuesIn(names()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace aqua::text
