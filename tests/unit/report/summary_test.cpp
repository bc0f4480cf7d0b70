#include "aqua/report/summary.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace aqua::report {
namespace {

Summary example() {
  return {
      .schema = "aqua-example",
      .version = 2,
      .title = "An example",
      .sections = {{.key = "facts",
                    .title = "Facts",
                    .facts = {{"count", "count", int64_t{12345}},
                              {"seed", "seed", int64_t{12345}, Style::identifier},
                              {"size", "size", int64_t{1500}, Style::bytes},
                              {"share", "share", 0.25, Style::percent},
                              {"flag", "flag", true},
                              {"nothing", "nothing", Value()},
                              {"undefined", "undefined", std::numeric_limits<double>::quiet_NaN()},
                              {"shape", "shape", std::vector<int64_t>{4, 64}},
                              {"name", "name", std::string("a\x1b")}}},
                   {.key = "list",
                    .title = "List",
                    .columns = {{"id", "id", Align::left}, {"value", "value"}},
                    .rows = {{std::string("x"), 1.5}, {std::string("y"), Value()}},
                    .notes = {"A note."}}},
      .next = {{"what comes next", "aqua next"}}};
}

TEST(Summary, Text) {
  EXPECT_EQ(to_text(example()),
            "An example\n"
            "\n"
            "Facts\n"
            "  count      12,345\n"
            "  seed       12345\n"
            "  size       1.5 kB\n"
            "  share      25.0 %\n"
            "  flag       yes\n"
            "  nothing    -\n"
            "  undefined  -\n"
            "  shape      [4, 64]\n"
            "  name       a\\x1b\n"
            "\n"
            "List\n"
            "  id  value\n"
            "  ---------\n"
            "  x     1.5\n"
            "  y       -\n"
            "  A note.\n"
            "\n"
            "Next\n"
            "  what comes next:\n"
            "    aqua next\n");
}

TEST(Summary, Json) {
  const auto json = nlohmann::json::parse(to_json(example()));
  EXPECT_EQ(json, nlohmann::json::parse(R"({
    "schema": "aqua-example", "schema_version": 2,
    "facts": {"count": 12345, "seed": 12345, "size": 1500, "share": 0.25, "flag": true,
              "nothing": null, "undefined": null, "shape": [4, 64], "name": "a\u001b"},
    "list": [{"id": "x", "value": 1.5}, {"id": "y", "value": null}]})"));
}

TEST(Summary, SomeThingsAreOnlyInJson) {
  Summary summary = example();
  summary.sections[0].in_text = false;
  summary.sections[1].columns[1].in_text = false;
  EXPECT_EQ(to_json(summary), to_json(example()));
  EXPECT_EQ(to_text(summary),
            "An example\n\nList\n  id\n  --\n  x\n  y\n  A note.\n\nNext\n"
            "  what comes next:\n    aqua next\n");
}

TEST(Summary, JsonOfFactsAndRowsTogether) {
  Summary summary{.schema = "s",
                  .sections = {{.key = "both",
                                .title = "",
                                .facts = {{"a", "a", int64_t{1}}},
                                .columns = {{"b", "b"}},
                                .rows = {{int64_t{2}}}}}};
  EXPECT_EQ(nlohmann::json::parse(to_json(summary))["both"],
            nlohmann::json::parse(R"({"a": 1, "rows": [{"b": 2}]})"));
}

TEST(Summary, JsonStaysValidWhenANameIsNotUtf8) {
  Summary summary{
      .schema = "s",
      .sections = {{.key = "k", .title = "", .facts = {{"n", "n", std::string("\xff")}}}}};
  EXPECT_EQ(nlohmann::json::parse(to_json(summary))["k"]["n"], "\uFFFD");
}

}  // namespace
}  // namespace aqua::report
