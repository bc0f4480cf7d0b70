#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "document/assets.hpp"
#include "document/escape.hpp"
#include "samples.hpp"

namespace aqua::report::document {
namespace {

using testing::HasSubstr;
using testing::Not;

Document sample_document() {
  return {.title = "A <title>",
          .subtitle = "b",
          .generator = "aqua 0.1.0",
          .date = "2025-01-01T00:00:00Z",
          .sections = {{.id = "first",
                        .title = "First & last",
                        .blocks = {Paragraph{"All is <b>well</b>.", true},
                                   Facts{{{"model", "</script><script>alert(1)</script>"}}},
                                   Grid{"Table", {"a", "b"}, {{{.text = "x|y"}, number_cell(0.1)}}},
                                   test::line_chart(), test::heat_chart()}}}};
}

nlohmann::json charts_of(const std::string& html) {
  const std::string start = "<script type=\"application/json\" id=\"charts\">";
  const std::size_t from = html.find(start) + start.size();
  return nlohmann::json::parse(html.substr(from, html.find("</script>", from) - from));
}

TEST(Html, HoldsTheDataOfEveryChartAndEveryCubeOnce) {
  const Document document = sample_document();
  const nlohmann::json data = charts_of(to_html(document));
  ASSERT_EQ(data["charts"].size(), 2U);
  EXPECT_EQ(data["cubes"].size(), 2U);  // two charts made on their own
  const nlohmann::json& cube = data["cubes"][0];
  EXPECT_EQ(cube["values"],
            nlohmann::json({0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, nullptr}));
  EXPECT_EQ(cube["low"][1], 0.5);
  EXPECT_EQ(cube["dimensions"][2]["numbers"], nlohmann::json({0.25, 0.5, 1.0}));
  EXPECT_EQ(data["charts"][0]["style"], 1);
  EXPECT_EQ(data["charts"][1]["kind"], "heat");
  EXPECT_EQ(data["charts"][1]["chosen"], nlohmann::json({0, 1, 0}));

  Document shared = document;
  auto& blocks = shared.sections[0].blocks;
  std::get<Chart>(blocks[4]).cube = std::get<Chart>(blocks[3]).cube;
  EXPECT_EQ(charts_of(to_html(shared))["cubes"].size(), 1U);
}

TEST(Html, HasExactNumbersInItsTables) {
  const std::string html = to_html(sample_document());
  EXPECT_THAT(html, HasSubstr("<data value=\"0.1\">0.1</data>"));
  EXPECT_THAT(html, HasSubstr("<data value=\"111\">111</data> <span class=\"interval\">[<data "
                              "value=\"110.5\">110.5</data>, <data "
                              "value=\"111.5\">111.5</data>]</span>"));
}

TEST(Html, EscapesAllText) {
  const std::string html = to_html(sample_document());
  EXPECT_THAT(html, HasSubstr("<title>A &lt;title&gt;</title>"));
  EXPECT_THAT(html, HasSubstr("All is &lt;b&gt;well&lt;/b&gt;."));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
}

TEST(Html, AllowsOnlyItsOwnScriptsAndNothingFromOutside) {
  const std::string html = to_html(sample_document());
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("'sha256-" + csp_digest(chart_library()) + "'"));
  EXPECT_THAT(html, HasSubstr("'sha256-" + csp_digest(page_script()) + "'"));
  EXPECT_THAT(html, Not(HasSubstr("unsafe-eval")));
  EXPECT_THAT(html, Not(HasSubstr("script-src 'unsafe-inline'")));
  EXPECT_THAT(html, Not(HasSubstr(" src=\"")));
  EXPECT_THAT(html, Not(HasSubstr("{{")));
}

TEST(Html, CarriesTheNoticesOfTheChartingLibrary) {
  EXPECT_THAT(std::string(chart_library()), HasSubstr("UW Interactive Data Lab"));
  EXPECT_THAT(std::string(chart_library()), HasSubstr("BSD-3-Clause"));
}

TEST(Markdown, RefersToItsPictures) {
  const Markdown markdown = to_markdown(sample_document(), "my report_assets");
  ASSERT_EQ(markdown.pictures.size(), 2U);
  EXPECT_EQ(markdown.pictures[0].first, "curves.svg");
  EXPECT_THAT(markdown.pictures[0].second, testing::StartsWith("<svg "));
  EXPECT_THAT(markdown.text, HasSubstr("![Curves](my%20report_assets/curves.svg)"));
  EXPECT_THAT(markdown.text, HasSubstr("Shown: selection: dynamic."));
}

TEST(Markdown, HasTablesAndEscapesText) {
  const std::string text = to_markdown(sample_document(), "a").text;
  EXPECT_THAT(text, HasSubstr("| a | b |\n| --- | ---: |\n| x\\|y | 0.1 |\n"));
  EXPECT_THAT(text, HasSubstr("| 0.5 | 1 \\[0.5, 1.5\\] | 11 \\[10.5, 11.5\\] |"));
  EXPECT_THAT(text, HasSubstr("**All is &lt;b&gt;well&lt;/b&gt;.**"));
  EXPECT_THAT(text, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace aqua::report::document
