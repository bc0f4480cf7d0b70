// tokenizer.model files: what libsentencepiece is given, and the conventions around it.
#include <algorithm>
#include <cmath>

#include "aqua/text/tokenizer.hpp"
#include "sentencepiece/model_file.hpp"
#include "sentencepiece/wire.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Type = SentencePieceFile::Type;

// 0 <unk>, 1 <s>, 2 </s>, 3 ▁, 4 a, 5 b, 6 ab, 7 ▁a.
SentencePieceFile small_model() {
  SentencePieceFile model;
  model.pieces = {{"<unk>", 0, Type::unknown}, {"<s>", 0, Type::control},
                  {"</s>", 0, Type::control},  {"\u2581", -9, Type::normal},
                  {"a", -8, Type::normal},     {"b", -8, Type::normal},
                  {"ab", -1, Type::normal},    {"\u2581a", -2, Type::normal}};
  model.kind = SentencePieceFile::Kind::bpe;
  model.remove_extra_spaces = false;
  return model;
}

class SentencePiece : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const SentencePieceFile& model,
                                  const std::string& config = "{}") {
    folder_.write("tokenizer.model", write_sentencepiece_file(model));
    folder_.write("tokenizer_config.json", config);
    return load_tokenizer(folder_.path());
  }
  std::string refusal(const SentencePieceFile& model, const std::string& config = "{}") {
    const std::string message = format_error([&] { load(model, config); });
    return message.substr(std::min(message.size(), folder_.path().string().size() + 1));
  }
  aqua::test::TemporaryFolder folder_;
};

TEST_F(SentencePiece, EncodesWithABeginOfTextToken) {
  const auto tokenizer = load(small_model());
  EXPECT_EQ(tokenizer->vocabulary_size(), 8);
  const Encoding encoding = tokenizer->encode_with_starts("ab a", true);
  EXPECT_THAT(encoding.ids, ElementsAre(1, 3, 6, 7));
  EXPECT_THAT(encoding.starts, ElementsAre(0, 0, 0, 2));
  EXPECT_THAT(tokenizer->encode("xyb", false), ElementsAre(3, 0, 5));
}

TEST_F(SentencePiece, UnigramModel) {
  SentencePieceFile model = small_model();
  model.kind = SentencePieceFile::Kind::unigram;
  EXPECT_THAT(load(model)->encode("ab", false), ElementsAre(3, 6));  // -10 as ▁a b
  model.pieces[7].score = -1;
  EXPECT_THAT(load(model)->encode("ab", false), ElementsAre(7, 5));
}

TEST_F(SentencePiece, PrefixSpaceBehindTokensIsLegacy) {
  EXPECT_THAT(load(small_model())->encode("a<s>a</s> a", false), ElementsAre(7, 1, 7, 2, 3, 7));
  EXPECT_THAT(load(small_model(), R"({"legacy": false})")->encode("a<s>a</s> a", false),
              ElementsAre(7, 1, 4, 2, 7));
  EXPECT_THAT(load(small_model(), R"({"legacy": false})")->encode("<s>a", false),
              ElementsAre(1, 4));
}

// Long texts are encoded in parts, which must not show.
TEST_F(SentencePiece, LongTexts) {
  std::string text = "a";
  std::vector<int32_t> expected{7};
  std::vector<int64_t> starts{0};
  for (int i = 0; i < 5000; ++i) {
    const auto at = static_cast<int64_t>(text.size());
    starts.insert(starts.end(), {at, at + 1, at + 2});
    text += "  ab";
    expected.insert(expected.end(), {3, 3, 6});
  }
  const Encoding encoding = load(small_model())->encode_with_starts(text, false);
  EXPECT_EQ(encoding.ids, expected);
  EXPECT_EQ(encoding.starts, starts);
  // A piece that goes on with a space: no parts, so that "b▁" is found everywhere.
  SentencePieceFile model = small_model();
  model.pieces.push_back({"b\u2581", -0.5F, Type::normal});
  std::string spaced = "a";
  for (int i = 0; i < 5000; ++i) spaced += "b ";
  const auto ids = load(model)->encode(spaced, false);
  EXPECT_EQ(std::ranges::count(ids, 8), 5000);
}

TEST_F(SentencePiece, ConfigurationOfTheFolder) {
  EXPECT_THAT(
      load(small_model(), R"({"add_bos_token": false, "add_eos_token": true})")->encode("a", true),
      ElementsAre(7, 2));
  const auto tokenizer = load(small_model(), R"({"added_tokens_decoder": {
      "4": {"content": "a"}, "8": {"content": "<new>", "rstrip": true}}})");
  EXPECT_EQ(tokenizer->vocabulary_size(), 9);
  EXPECT_THAT(tokenizer->encode("b<new>  a", false), ElementsAre(3, 5, 8, 4));
  folder_.write("added_tokens.json", R"({"<old>": 8})");
  EXPECT_THAT(load(small_model())->encode("<old>", false), ElementsAre(8));
}

TEST_F(SentencePiece, TokenizerJsonComesFirst) {
  folder_.write("tokenizer.json", test::small_tokenizer().dump());
  EXPECT_EQ(load(small_model())->vocabulary_size(), 4);
  EXPECT_EQ(load_tokenizer(folder_ / "tokenizer.model")->vocabulary_size(), 8);
}

TEST_F(SentencePiece, RefusesModelsThatTheLibraryWouldNotSurvive) {
  const auto with = [](auto edit) {
    SentencePieceFile model = small_model();
    edit(model);
    return model;
  };
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[4].text = ""; })),
            "tokenizer.model: piece 4: expected a text that is not empty");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[4].text = std::string("a\0b", 3); })),
            "tokenizer.model: piece 4: expected a text without zero bytes");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[4].text = "\xFF"; })),
            "tokenizer.model: piece 4: not valid UTF-8 at byte 0");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[4].score = NAN; })),
            "tokenizer.model: piece 4: expected a finite score, found nan");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[4].type = static_cast<Type>(7); })),
            "tokenizer.model: piece 4: expected a type from 1 to 6, found 7");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[4].text = "b"; })),
            "tokenizer.model: piece 5 appears twice: \"b\"");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[1].type = Type::unknown; })),
            "tokenizer.model: expected one piece of type unknown, found 2");
  EXPECT_EQ(refusal(with([](auto& m) { m.byte_fallback = true; })),
            "tokenizer.model: expected 256 byte pieces with byte_fallback, found 0");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces[4].type = Type::byte; })),
            "tokenizer.model: piece 4: expected the byte piece <0x00>, found \"a\"");
  EXPECT_EQ(refusal(with([](auto& m) { m.kind = static_cast<SentencePieceFile::Kind>(3); })),
            "tokenizer.model: trainer_spec: expected model_type 1 (unigram) or 2 (BPE), found 3");
  EXPECT_EQ(refusal(with([](auto& m) { m.charsmap = "abc"; })),
            "tokenizer.model: normalizer_spec.precompiled_charsmap: expected at least 4 bytes, "
            "found 3");
  EXPECT_EQ(refusal(with([](auto& m) { m.pieces.resize(3); })),
            "tokenizer.model: expected a piece of type normal, found none");
}

TEST_F(SentencePiece, RefusesWhatIsNotAModel) {
  const auto refuse = [&](std::string_view bytes) {
    const auto path = folder_.write("t.model", bytes);
    const std::string message = format_error([&] { load_tokenizer(path); });
    return message.substr(std::min(message.size(), folder_.path().string().size() + 1));
  };
  EXPECT_EQ(refuse("\x0A\x05"
                   "abc"),
            "t.model: not a SentencePiece model: cut off at byte 2");
  EXPECT_EQ(refuse("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
            "t.model: not a SentencePiece model: not a number at byte 10");
  EXPECT_EQ(refuse("{\"model\": 1}"), "t.model: not a SentencePiece model: not a field at byte 1");
  EXPECT_EQ(refuse(std::string("\x08\x00", 2)),
            "t.model: not a SentencePiece model: field 1 is of another type than a SentencePiece "
            "model's");
  // Every truncation of a good file is refused or read, never more.
  const std::string whole = write_sentencepiece_file(small_model());
  int refused = 0;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    try {
      load_tokenizer(folder_.write("t.model", whole.substr(0, size)));
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), HasSubstr("t.model: "));
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST_F(SentencePiece, RefusesConfigurationsThatDoNotFit) {
  EXPECT_EQ(refusal(small_model(), R"({"add_bos_token": 1})"),
            "tokenizer_config.json: \"add_bos_token\": expected true or false, found 1");
  EXPECT_EQ(refusal(small_model(), R"({"added_tokens_decoder": {"x": {"content": "a"}}})"),
            "tokenizer_config.json: \"added_tokens_decoder.x\": expected an id as its name, found "
            "an object");
  EXPECT_EQ(refusal(small_model(), R"({"added_tokens_decoder": {"9": {"content": "<new>"}}})"),
            "tokenizer.model: \"added_tokens[3].id\": expected 8, the next free id, found 9");
  SentencePieceFile model = small_model();
  model.begin_piece = "<bos>";
  EXPECT_THAT(load(model)->encode("a", true), ElementsAre(7));
}

TEST(Wire, ReadsWhatItWrites) {
  std::string message;
  append_varint_field(message, 1, 300);
  append_float_field(message, 2, -1.5F);
  append_bytes_field(message, 19, "abc");
  WireReader reader(message, "f");
  const auto number = reader.next();
  EXPECT_EQ(number->number, 1u);
  EXPECT_EQ(number->value, 300u);
  const auto real = reader.next();
  EXPECT_EQ(real->kind, WireField::Kind::fixed32);
  EXPECT_EQ(real->value, 0xBFC00000u);
  const auto bytes = reader.next();
  EXPECT_EQ(bytes->number, 19u);
  EXPECT_EQ(bytes->bytes, "abc");
  EXPECT_FALSE(reader.next().has_value());
}

}  // namespace
}  // namespace aqua::text
