#include "models/unigram.hpp"

#include <cmath>
#include <limits>
#include <random>

#include "aqua/text/tokenizer.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Encoding encode(const Model& model, std::string_view text) {
  Encoding encoding;
  model.encode(Pieces(text), encoding);
  return encoding;
}

TEST(Unigram, BestSumOfScores) {
  const Unigram model(
      {{"<unk>", 0}, {"a", -1}, {"b", -1}, {"c", -1}, {"ab", -1.5}, {"bc", -1.2}, {"abc", -9}},
      {.unknown = 0, .byte_fallback = false});
  EXPECT_EQ(model.vocabulary_size(), 7);
  EXPECT_THAT(encode(model, "abc").ids, ElementsAre(1, 5));  // -2.2, rather than ab c: -2.5
  EXPECT_THAT(encode(model, "abc").starts, ElementsAre(0, 1));
  EXPECT_THAT(encode(model, "ab").ids, ElementsAre(4));
  EXPECT_THAT(encode(model, "").ids, IsEmpty());
}

TEST(Unigram, UnknownCharactersAreOneToken) {
  const Unigram model({{"<unk>", 0}, {"a", -1}, {"xy", -30}},
                      {.unknown = 0, .byte_fallback = false});
  const Encoding encoding = encode(model, "a\u00E9\u00E9aza");
  EXPECT_THAT(encoding.ids, ElementsAre(1, 0, 1, 0, 1));
  EXPECT_THAT(encoding.starts, ElementsAre(0, 1, 5, 6, 7));
  // Unknown ones (-40 each) are worse than the token; joined they are looked up again.
  EXPECT_THAT(encode(model, "xy").ids, ElementsAre(2));
}

TEST(Unigram, BytesInPlaceOfUnknown) {
  std::vector<ScoredToken> tokens{{"<unk>", 0}, {"a", -1}, {"<0xC3>", 0}, {"<0xA9>", 0}};
  const Unigram model(tokens, {.unknown = 0, .byte_fallback = true});
  EXPECT_THAT(encode(model, "a\u00E9a").ids, ElementsAre(1, 2, 3, 1));
  EXPECT_THAT(encode(model, "a\u00E9a").starts, ElementsAre(0, 1, 1, 3));
  EXPECT_THAT(encode(model, "b").ids, ElementsAre(0));
}

TEST(Unigram, WithoutUnknownTokenItIsAnError) {
  const Unigram model({{"a", -1}}, {.unknown = std::nullopt, .byte_fallback = false});
  EXPECT_THAT(encode(model, "aa").ids, ElementsAre(0, 0));
  EXPECT_EQ(format_error([&] { encode(model, "ab"); }),
            "the text to tokenise: no token covers \"b\", and the tokenizer has no unknown token");
}

TEST(Unigram, LastOfEqualTokensHasTheText) {
  const Unigram model({{"<unk>", 0}, {"a", -5}, {"a", -1}}, {.unknown = 0, .byte_fallback = false});
  EXPECT_EQ(model.id_of("a"), 2);
  EXPECT_EQ(model.vocabulary_size(), 3);
  EXPECT_THAT(encode(model, "a").ids, ElementsAre(2));
}

// The largest sum over all segmentations, by trying each.
double best_sum(const std::vector<ScoredToken>& tokens, std::string_view text) {
  if (text.empty()) return 0;
  double best = -std::numeric_limits<double>::infinity();
  for (const ScoredToken& token : tokens) {
    if (!token.text.empty() && text.starts_with(token.text)) {
      best = std::max(best, token.score + best_sum(tokens, text.substr(token.text.size())));
    }
  }
  return best;
}

TEST(Unigram, AgreesWithTryingAllSegmentations) {
  std::mt19937 random(7);
  std::vector<ScoredToken> tokens{{"<unk>", -20}, {"a", -4}, {"b", -3}, {"c", -5}};
  for (int i = 0; i < 20; ++i) {
    std::string text;
    for (auto length = 2 + random() % 4; length > 0; --length) text += "abc"[random() % 3];
    tokens.push_back({text, -1.0 - static_cast<double>(random() % 9000) / 1000});
  }
  const Unigram model(tokens, {.unknown = 0, .byte_fallback = false});
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (auto length = 1 + random() % 12; length > 0; --length) text += "abc"[random() % 3];
    double sum = 0;
    std::string joined;
    for (const int32_t id : encode(model, text).ids) {
      sum += tokens[id].score;
      joined += tokens[id].text;
    }
    EXPECT_EQ(joined, text);
    // At most 12 sums of numbers below 64, each rounded by at most 2^-48.
    EXPECT_NEAR(sum, best_sum(tokens, text), 24 * std::ldexp(1.0, -48)) << text;
  }
}

class UnigramFile : public ::testing::Test {
 protected:
  std::string refusal(const std::string& model) const {
    const auto path = folder_.write("t.json", R"({"model": )" + model + "}");
    const std::string message = format_error([&] { load_tokenizer(path); });
    return message.substr(std::min(message.size(), folder_.path().string().size() + 1));
  }
  aqua::test::TemporaryFolder folder_;
};

TEST_F(UnigramFile, RefusesWhatIsMalformed) {
  EXPECT_EQ(refusal(R"({"type": "Unigram", "vocab": {}})"),
            "t.json: \"model.vocab\": expected a list, found an object");
  EXPECT_EQ(refusal(R"({"type": "Unigram", "vocab": [["a", 0], ["b"]]})"),
            "t.json: \"model.vocab\": entry 1: expected a token and its score, found [\"b\"]");
  EXPECT_EQ(refusal(R"({"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1})"),
            "t.json: \"model.unk_id\": expected an id below 1, found 1");
}

TEST_F(UnigramFile, ALongWordTakesTimeInProportion) {
  // Quadratic work on a million characters would take hours.
  const auto path = folder_.write(
      "t.json", R"({"model": {"type": "Unigram", "vocab": [["u", -5], ["a", -1], ["aa", -1.5]],
                "unk_id": 0}})");
  const std::string word(1'000'000, 'a');
  EXPECT_EQ(load_tokenizer(path)->encode(word, false), std::vector<int32_t>(500'000, 2));
}

}  // namespace
}  // namespace aqua::text
