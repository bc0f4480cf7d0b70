#include "unicode/character_map.hpp"

#include "base64.hpp"
#include "normalizers/normalizers.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;

void put(std::string& bytes, uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xFF));
}

// A trie by hand: "A" → text 0, "AB" → text 2; the root's children are at 256 ^ byte, those of "A"
// at 512 ^ byte.
struct Trie {
  std::vector<uint32_t> units = std::vector<uint32_t>(768, 0);
  std::string texts = std::string("x\0yz\0", 5);
  Trie() {
    units[0] = 256u << 10;
    units[256 ^ 'A'] = 'A' | 1u << 8 | (256u ^ 'A' ^ 512u) << 10;
    units[512] = 0 | 1u << 31;
    units[512 ^ 'B'] = 'B' | 1u << 8 | (512u ^ 'B' ^ 513u) << 10;
    units[513] = 2 | 1u << 31;
  }
  std::string bytes() const {
    std::string result;
    put(result, static_cast<uint32_t>(4 * units.size()));
    for (const uint32_t unit : units) put(result, unit);
    return result + texts;
  }
};

TEST(CharacterMap, FindsTheShortestEntry) {
  Trie trie;
  const CharacterMap map(trie.bytes(), "f");
  EXPECT_EQ(map.find("ABC"), "x");
  EXPECT_EQ(map.find("A"), "x");
  EXPECT_EQ(map.find("B"), std::nullopt);
  EXPECT_EQ(map.find(""), std::nullopt);
  EXPECT_EQ(map.find(std::string_view("\0A", 2)), std::nullopt);
  trie.units[256 ^ 'A'] &= ~(1u << 8);  // no entry for "A" itself
  const CharacterMap longer(trie.bytes(), "f");
  EXPECT_EQ(longer.find("ABC"), "yz");
  EXPECT_EQ(longer.find("AC"), std::nullopt);
}

TEST(CharacterMap, RefusesTriesThatLeadOutOfThemselves) {
  const auto refusal = [](const std::string& bytes) {
    return format_error([&] { CharacterMap(bytes, "f"); });
  };
  EXPECT_EQ(refusal("abc"), "f: expected at least 4 bytes, found 3");
  std::string cut = Trie().bytes();
  cut.resize(100);
  EXPECT_EQ(refusal(cut),
            "f: expected a trie of a multiple of 4 and below 96 bytes, found 3072 bytes");
  Trie far;
  far.units[0] = 2048u << 10;
  EXPECT_EQ(refusal(far.bytes()), "f: the trie leads to unit 2303, expected one below 768");
  Trie text;
  text.units[513] = 77 | 1u << 31;
  EXPECT_EQ(refusal(text.bytes()), "f: the trie leads to the text at byte 77, where none begins");
  Trie inside;
  inside.texts = std::string("\u00E9\0", 3);
  inside.units[513] = 1 | 1u << 31;
  EXPECT_EQ(refusal(inside.bytes()), "f: the trie leads to the text at byte 1, where none begins");
  Trie invalid;
  invalid.texts = std::string("x\0\xFF\0", 4);
  EXPECT_EQ(refusal(invalid.bytes()), "f: not valid UTF-8 at byte 3078");
  Trie open;
  open.texts = "x";
  EXPECT_EQ(refusal(open.bytes()), "f: the last text does not end");
  Trie circle;  // leads to itself: is seen once
  circle.units[256 ^ 'A'] = 'A';
  circle.units[0] = (256u ^ 'A' ^ 'A') << 10;
  EXPECT_EQ(CharacterMap(circle.bytes(), "f").find("AAAA"), std::nullopt);
}

std::string to_base64(const std::string& bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (int j = 3; j >= 0; --j) result += digits[group >> 6 * j & 63];
  }
  for (std::size_t i = 0; i < (3 - bytes.size() % 3) % 3; ++i) result[result.size() - 1 - i] = '=';
  return result;
}

TEST(Base64, DecodesAndRefuses) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xFF\xFE\x01\x80"}) {
    EXPECT_EQ(decode_base64(to_base64(bytes)), bytes);
  }
  EXPECT_EQ(decode_base64("Zg=="), "f");
  for (const std::string_view text : {"abc", "ab=c", "a*cd", "a===", "===="}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

TEST(Precompiled, ReplacesGraphemesThenCharacters) {
  const auto apply = [](std::string_view text) {
    const nlohmann::json config = {{"precompiled_charsmap", to_base64(Trie().bytes())}};
    return test::apply_step(make_precompiled, config.dump(), text);
  };
  EXPECT_THAT(apply("cABc"), ElementsAre("cxBc"));
  // A short cluster that begins with an entry is replaced as a whole, a long one by characters.
  EXPECT_THAT(apply("A\u0301c"), ElementsAre("xc"));
  EXPECT_THAT(apply("A\u1AD7"), ElementsAre("x"));  // a mark of Unicode 17
  EXPECT_THAT(apply("A\u0301\u0302\u0303"), ElementsAre("x\u0301\u0302\u0303"));
  EXPECT_EQ(format_error([] {
              test::apply_step(make_precompiled, R"({"precompiled_charsmap": "?"})", "a");
            }),
            "t.json: \"precompiled_charsmap\": expected base64, found \"?\"");
}

}  // namespace
}  // namespace aqua::text
