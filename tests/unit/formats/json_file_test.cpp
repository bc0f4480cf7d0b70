#include "aqua/formats/json_file.hpp"

#include <gmock/gmock.h>

#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::StrEq;
using testing::ThrowsMessage;

const nlohmann::json config = parse_json(
    R"({"layers": 12, "theta": 1e4, "tied": true, "type": "llama", "none": null, "big": 5000000000,
        "sizes": [1, 2, 3], "mixed": [1, "x"], "more": {"a": 1}})",
    "config.json");

template <class T>
T value(std::string_view key) {
  return json_value<T>(config, key, "config.json");
}

TEST(JsonValue, Converts) {
  EXPECT_EQ(value<int64_t>("layers"), 12);
  EXPECT_EQ(value<double>("layers"), 12.0);
  EXPECT_EQ(value<float>("theta"), 1e4F);
  EXPECT_TRUE(value<bool>("tied"));
  EXPECT_EQ(value<std::string>("type"), "llama");
  EXPECT_THAT(value<std::vector<int32_t>>("sizes"), ElementsAre(1, 2, 3));
  EXPECT_EQ(value<nlohmann::json>("more").size(), 1U);
}

TEST(JsonValue, FallsBackWhenMissingOrNull) {
  EXPECT_EQ(json_value_or<int64_t>(config, "absent", "config.json", 7), 7);
  EXPECT_EQ(json_value_or<int64_t>(config, "none", "config.json", 7), 7);
  EXPECT_EQ(json_value_or<int64_t>(config, "layers", "config.json", 7), 12);
  EXPECT_THAT([] { json_value_or<int64_t>(config, "type", "config.json", 7); },
              ThrowsMessage<FormatError>(
                  StrEq(R"(config.json: "type": expected an integer, found "llama")")));
}

TEST(JsonValue, NamesWhatIsWrong) {
  const auto message = [](const char* text) { return ThrowsMessage<FormatError>(StrEq(text)); };
  EXPECT_THAT([] { value<int64_t>("absent"); }, message(R"(config.json: "absent" is missing)"));
  EXPECT_THAT([] { value<int64_t>("none"); },
              message(R"(config.json: "none": expected an integer, found null)"));
  EXPECT_THAT([] { value<int64_t>("theta"); },
              message(R"(config.json: "theta": expected an integer, found 10000.0)"));
  EXPECT_THAT([] { value<int64_t>("tied"); },
              message(R"(config.json: "tied": expected an integer, found true)"));
  EXPECT_THAT([] { value<bool>("layers"); },
              message(R"(config.json: "layers": expected true or false, found 12)"));
  EXPECT_THAT([] { value<double>("type"); },
              message(R"(config.json: "type": expected a number, found "llama")"));
  EXPECT_THAT([] { value<std::string>("more"); },
              message(R"(config.json: "more": expected a string, found an object)"));
  EXPECT_THAT([] { value<int32_t>("big"); },
              message(R"(config.json: "big": 5000000000 is out of range)"));
  EXPECT_THAT([] { value<std::vector<int64_t>>("mixed"); },
              message(R"(config.json: "mixed"[1]: expected an integer, found "x")"));
  EXPECT_THAT([] { json_value<int>(config["sizes"], "a", "config.json"); },
              message("config.json: expected an object, found [1,2,3]"));
}

TEST(ReadJson, NamesFileAndByte) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(read_json(folder.write("good.json", R"({"a": [1]})"))["a"][0], 1);
  const std::string bad = folder.write("bad.json", R"({"a": oops})").string();
  EXPECT_THAT([&] { read_json(bad); },
              ThrowsMessage<FormatError>(StrEq(bad + ": not valid JSON at byte 7")));
  const std::string invalid_utf8 = folder.write("utf8.json", "{\"a\": \"\xff\"}").string();
  EXPECT_THAT([&] { read_json(invalid_utf8); },
              ThrowsMessage<FormatError>(StrEq(invalid_utf8 + ": not valid JSON at byte 8")));
  const std::string missing = (folder / "missing.json").string();
  EXPECT_THAT(
      [&] { read_json(missing); },
      ThrowsMessage<FormatError>(StrEq(missing + ": cannot be opened: No such file or directory")));
}

TEST(ParseJsonUnique, RefusesNamesThatRepeatInOneObject) {
  EXPECT_EQ(parse_json_unique(R"({"a": {"x": 1}, "b": {"x": 2}})", "f")["b"]["x"], 2);
  EXPECT_THAT([] { parse_json_unique(R"({"a": {"x": 1, "x": 2}})", "f"); },
              ThrowsMessage<FormatError>(StrEq(R"(f: "x" appears more than once)")));
  EXPECT_EQ(parse_json(R"({"x": 1, "x": 2})", "f")["x"], 2);
}

TEST(JsonExcerpt, StaysShort) {
  EXPECT_EQ(json_excerpt(nlohmann::json(std::string(100, 'a'))).size(),
            40 + std::string("…").size());
  EXPECT_EQ(json_excerpt(nlohmann::json(std::vector<int>(9))), "a list of 9");
}

// Deep nesting must not exhaust the stack.
TEST(ParseJson, TakesDeepNesting) {
  const std::string deep(200000, '[');
  EXPECT_THROW(parse_json(deep, "f"), FormatError);
  EXPECT_NO_THROW(parse_json(deep + std::string(200000, ']'), "f"));
}

}  // namespace
}  // namespace aqua::formats
