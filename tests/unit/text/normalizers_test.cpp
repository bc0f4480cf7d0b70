#include "normalizers/normalizers.hpp"

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> normalize(std::string_view config, std::string_view text) {
  return test::apply_step(make_normalizer, config, text);
}

TEST(Normalizers, UnicodeForms) {
  const std::string_view text = "x\u00E9 e\u0301 \uFB01";
  EXPECT_THAT(normalize(R"({"type":"NFC"})", text), ElementsAre("x\u00E9 \u00E9 \uFB01"));
  EXPECT_THAT(normalize(R"({"type":"NFD"})", text), ElementsAre("xe\u0301 e\u0301 \uFB01"));
  EXPECT_THAT(normalize(R"({"type":"NFKC"})", text), ElementsAre("x\u00E9 \u00E9 fi"));
  EXPECT_THAT(normalize(R"({"type":"NFKD"})", text), ElementsAre("xe\u0301 e\u0301 fi"));
}

TEST(Normalizers, UnicodeFormsReorderMarksAndComposeHangul) {
  EXPECT_THAT(normalize(R"({"type":"NFC"})", "a\u0307\u0323 \u1112\u1161\u11AB"),
              ElementsAre("\u1EA1\u0307 \uD55C"));
}

TEST(Normalizers, UnicodeFormsLeaveWhatTheReferenceDoesNotKnow) {
  // U+0898 has a combining class since Unicode 14, U+32FF a decomposition since 12.1.
  EXPECT_THAT(normalize(R"({"type":"NFKC"})", "a\u0301\u0898\u0323 \u32FF"),
              ElementsAre("\u00E1\u0898\u0323 \u32FF"));
}

TEST(Normalizers, UnicodeFormsRememberWhereWordsBegin) {
  const nlohmann::json json = nlohmann::json::parse(R"({"type":"NFC"})");
  Pieces pieces("ae\u0301 b\u00E9");
  make_normalizer(JsonNode(json, "t.json"))->apply(pieces);
  EXPECT_EQ(pieces.text(), "a\u00E9 b\u00E9");
  std::vector<int64_t> origins;
  for (std::size_t i = 0; i < pieces.text().size(); ++i) origins.push_back(pieces.origin(i));
  EXPECT_THAT(origins, ElementsAre(0, 1, 1, 4, 5, 6, 7));
}

TEST(Normalizers, Lowercase) {
  EXPECT_THAT(normalize(R"({"type":"Lowercase"})", "\u0130I \u03A3\u03A3 \u1C89\U00010D50\uA7DC"),
              ElementsAre("i\u0307i \u03C3\u03C3 \u1C8A\U00010D70\u019B"));
}

TEST(Normalizers, Strip) {
  EXPECT_THAT(normalize(R"({"type":"Strip","strip_left":true,"strip_right":true})", "\u3000 a b\n"),
              ElementsAre("a b"));
  EXPECT_THAT(normalize(R"({"type":"Strip","strip_left":false,"strip_right":true})", " a "),
              ElementsAre(" a"));
  EXPECT_THAT(normalize(R"({"type":"Strip","strip_left":true,"strip_right":true})", "  "),
              IsEmpty());
}

TEST(Normalizers, Replace) {
  EXPECT_THAT(normalize(R"({"type":"Replace","pattern":{"String":"."},"content":"!"})", "a.b."),
              ElementsAre("a!b!"));
  EXPECT_THAT(normalize(R"({"type":"Replace","pattern":{"Regex":"\\s+|$"},"content":"_"})", "a  b"),
              ElementsAre("a_b_"));
  EXPECT_THAT(normalize(R"({"type":"Replace","pattern":{"Regex":"a"},"content":""})", "aa"),
              IsEmpty());
}

TEST(Normalizers, NmtByteLevelPrependAndSequence) {
  EXPECT_THAT(normalize(R"({"type":"Nmt"})", "a\u0001b\u200Bc\uFEFF\x7F"), ElementsAre("ab c "));
  EXPECT_THAT(normalize(R"({"type":"ByteLevel"})", "a \u00E9\xC2\xAD"),
              ElementsAre("a\u0120\u00C3\u00A9\u00C2\u0143"));
  EXPECT_THAT(normalize(R"({"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"_"},
                            {"type":"Lowercase"},{"type":"Prepend","prepend":"A"}]})",
                        "B"),
              ElementsAre("A_b"));
}

TEST(Normalizers, RefusesOthersByName) {
  EXPECT_EQ(format_error([] { normalize(R"({"type":"BertNormalizer"})", ""); }),
            "t.json: \"type\": expected one of the supported types ByteLevel, Lowercase, NFC, NFD, "
            "NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Sequence, Strip, found "
            "\"BertNormalizer\"");
  EXPECT_EQ(format_error(
                [] { normalize(R"({"type":"Replace","content":"","pattern":{"Glob":"*"}})", ""); }),
            "t.json: \"pattern\": expected {\"String\": …} or {\"Regex\": …}, found an object");
  EXPECT_EQ(format_error(
                [] { normalize(R"({"type":"Sequence","normalizers":[{"type":"Prepend"}]})", ""); }),
            "t.json: \"normalizers[0].prepend\" is missing");
}

}  // namespace
}  // namespace aqua::text
