#include "post_processors/post_processor.hpp"

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;

std::unique_ptr<PostProcessor> make(std::string_view config) {
  const nlohmann::json json = nlohmann::json::parse(config);
  return make_post_processor(JsonNode(json, "t.json"));
}

Encoding processed(std::string_view config, bool special) {
  Encoding encoding{.ids = {5, 6}, .starts = {0, 3}};
  make(config)->apply(encoding, 7, special);
  return encoding;
}

constexpr std::string_view kTemplate = R"({"type":"TemplateProcessing","single":[
    {"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
    {"SpecialToken":{"id":"</s>","type_id":0}}],"pair":[],
    "special_tokens":{"<s>":{"id":"<s>","ids":[1,2],"tokens":["<","s>"]},
                      "</s>":{"id":"</s>","ids":[9],"tokens":["</s>"]}}})";

TEST(PostProcessors, Template) {
  const Encoding with = processed(kTemplate, true);
  EXPECT_THAT(with.ids, ElementsAre(1, 2, 5, 6, 9));
  EXPECT_THAT(with.starts, ElementsAre(0, 0, 0, 3, 7));
  EXPECT_THAT(processed(kTemplate, false).ids, ElementsAre(5, 6));
  EXPECT_EQ(make(kTemplate)->largest_id(), 9);
}

TEST(PostProcessors, Enclosing) {
  for (const std::string_view type : {"BertProcessing", "RobertaProcessing"}) {
    const std::string config =
        fmt::format(R"({{"type":"{}","sep":["[SEP]",2],"cls":["[CLS]",1]}})", type);
    const Encoding with = processed(config, true);
    EXPECT_THAT(with.ids, ElementsAre(1, 5, 6, 2));
    EXPECT_THAT(with.starts, ElementsAre(0, 0, 3, 7));
    EXPECT_THAT(processed(config, false).ids, ElementsAre(5, 6));
    EXPECT_EQ(make(config)->largest_id(), 2);
  }
}

TEST(PostProcessors, SequenceAndByteLevel) {
  const std::string config =
      fmt::format(R"({{"type":"Sequence","processors":[{{"type":"ByteLevel"}},{}]}})", kTemplate);
  EXPECT_THAT(processed(config, true).ids, ElementsAre(1, 2, 5, 6, 9));
  EXPECT_EQ(make(config)->largest_id(), 9);
  EXPECT_EQ(make(R"({"type":"ByteLevel"})")->largest_id(), -1);
}

TEST(PostProcessors, RefusesMalformedOnes) {
  const auto refusal = [](std::string_view config) { return format_error([&] { make(config); }); };
  EXPECT_EQ(refusal(R"({"type":"Other"})"),
            "t.json: \"type\": expected one of the supported types BertProcessing, ByteLevel, "
            "RobertaProcessing, Sequence, TemplateProcessing, found \"Other\"");
  EXPECT_EQ(refusal(R"({"type":"BertProcessing","sep":["[SEP]"],"cls":["[CLS]",1]})"),
            "t.json: \"sep\": expected a token and its id, found [\"[SEP]\"]");
  const auto single = [&](std::string_view pieces) {
    return refusal(fmt::format(
        R"({{"type":"TemplateProcessing","single":[{}],"special_tokens":{{"x":{{"ids":[-1]}}}}}})",
        pieces));
  };
  EXPECT_EQ(
      single(R"({"Sequence":{"id":"B"}})"),
      "t.json: \"single[0].Sequence.id\": expected \"A\" in a template for a single text, found "
      "\"B\"");
  EXPECT_EQ(single(""), "t.json: \"single\": expected exactly one \"Sequence\", found []");
  EXPECT_EQ(single(R"({"Other":{}})"),
            "t.json: \"single[0]\": expected \"Sequence\" or \"SpecialToken\", found an object");
  EXPECT_EQ(single(R"({"SpecialToken":{"id":"y"}})"), "t.json: \"special_tokens.y\" is missing");
  EXPECT_EQ(single(R"({"SpecialToken":{"id":"x"}})"),
            "t.json: \"special_tokens.x.ids[0]\": expected an integer of at least 0, found -1");
}

}  // namespace
}  // namespace aqua::text
