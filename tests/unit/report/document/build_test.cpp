#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "../../store/samples.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/perplexity.hpp"
#include "document/view.hpp"
#include "samples.hpp"

namespace aqua::report::document {
namespace {

using testing::HasSubstr;

std::string without_all(std::string text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part)) {
    text.erase(at, part.size());
  }
  return text;
}

class BuildDocument : public testing::Test {
 protected:
  Document build(std::initializer_list<std::filesystem::path> inputs) {
    const std::vector<std::filesystem::path> paths(inputs);
    return build_document(paths, {.title = ""}, cancel_);
  }
  /// The message with the folder's name taken out.
  std::string message(const std::filesystem::path& input) {
    try {
      build({input});
    } catch (const FormatError& error) {
      return without_all(error.what(), folder_.path().string() + "/");
    }
    return "nothing was thrown";
  }
  std::filesystem::path retention() {
    return folder_.write("r.json", retention_json(report::test::small_report()));
  }

  aqua::test::TemporaryFolder folder_;
  CancelToken cancel_;
};

const Section& section(const Document& document, std::string_view id) {
  const auto found = std::ranges::find(document.sections, id, &Section::id);
  if (found == document.sections.end()) throw Error("no such section");
  return *found;
}

const Chart& chart(const Document& document, std::string_view id) {
  for (const Section& part : document.sections) {
    for (const Block& block : part.blocks) {
      const auto* found = std::get_if<Chart>(&block);
      if (found != nullptr && found->id == id) return *found;
    }
  }
  throw Error("no such chart");
}

/// The value of a cube at named places; all others 0.
double at(const Cube& cube, std::initializer_list<std::pair<std::string, std::string>> named) {
  std::vector<std::size_t> places(cube.dimensions.size(), 0);
  for (const auto& [key, label] : named) {
    const std::size_t d = cube.dimension(key);
    const auto& labels = cube.dimensions[d].labels;
    const auto found = std::ranges::find(labels, label);
    if (found == labels.end()) throw Error("no such place: " + label);
    places[d] = static_cast<std::size_t>(found - labels.begin());
  }
  return cube.values[cube.at(places)];
}

TEST_F(BuildDocument, HasTheNumbersOfARetentionResult) {
  const Document document = build({retention()});
  EXPECT_EQ(document.title, "AQUA report: m");
  const Cube& model = *chart(document, "retention-curves").cube;
  EXPECT_EQ(at(model, {{"measure", "query loss"}, {"corpus", "en"}, {"selection", "dynamic"}}),
            0.2);
  EXPECT_EQ(at(model, {{"measure", "key loss"}, {"corpus", "hi"}, {"selection", "static"}}),
            0.3 + 0.1 + 0.01);
  EXPECT_TRUE(std::isnan(at(model, {{"measure", "query loss"}, {"basis", "kq-svd"}})));
  const Cube& heads = *chart(document, "heads-map").cube;
  EXPECT_EQ(
      at(heads,
         {{"measure", "query loss"}, {"selection", "dynamic"}, {"layer", "3"}, {"head", "1"}}),
      0.2 + 0.1);
  const Cube& layers = *chart(document, "retention-layers").cube;
  EXPECT_EQ(at(layers, {{"measure", "query loss"}, {"selection", "dynamic"}, {"layer", "1"}}), 0.2);
}

TEST_F(BuildDocument, StartsChartsWithTheMainBasisAndDynamicSelection) {
  const Document document = build({retention()});
  EXPECT_EQ(choice_text(chart(document, "heads-map")),
            "measure: query loss; text: en; basis: aqua; selection: dynamic");
}

TEST_F(BuildDocument, HasAVerdictOfThreeSentencesWithIntervals) {
  const Document document = build({retention()});
  const Section& verdict = section(document, "verdict");
  ASSERT_EQ(verdict.blocks.size(), 3U);
  EXPECT_EQ(
      std::get<Paragraph>(verdict.blocks[0]).text,
      "With the 4 of 8 rotated dimensions that it chooses itself (aqua basis), a query loses "
      "20.0\u00a0% [19.0, 22.0] on en and 30.0\u00a0% [29.0, 32.0] on hi of its norm on average; "
      "with the fixed slice of the same size it loses 30.0\u00a0% [29.0, 32.0] on en and "
      "40.0\u00a0% [39.0, 42.0] on hi.");
  EXPECT_EQ(std::get<Paragraph>(verdict.blocks[1]).text,
            "The outputs of attention heads then change by 10.0\u00a0% on en and 15.0\u00a0% on hi "
            "(relative "
            "error), most in layer 3, head 1 on hi (25 %).");
  EXPECT_EQ(std::get<Paragraph>(verdict.blocks[2]).text,
            "Calibrated on en, a query on hi loses 1.3 percentage points more than with a basis "
            "fitted on hi itself, which loses 28.7\u00a0% [27.7, 30.8].");
}

TEST_F(BuildDocument, HasTheSpectraOfACalibration) {
  const store::Calibration calibration = store::sample_calibration();
  store::write_calibration(folder_ / "c.h5", calibration);
  const Document document = build({folder_ / "c.h5"});
  EXPECT_EQ(document.title, "AQUA report: tiny");
  const Cube& energy = *chart(document, "spectra-energy").cube;
  const auto& heads = calibration.heads.at({LayerIndex{7}, capture::Site::post_rope});
  double mean = 0.0;
  for (const store::CalibratedHead& head : heads) {
    double all = 0.0;
    for (const double sigma : head.aqua.singular_values) all += sigma * sigma;
    const double first = head.aqua.singular_values[0];
    mean += first * first / all / static_cast<double>(heads.size());
  }
  EXPECT_NEAR(at(energy, {{"layer", "7"}, {"site", "post_rope"}, {"directions", "1"}}), mean,
              4e-16);
  EXPECT_TRUE(std::isnan(at(energy, {{"layer", "7"}, {"site", "pre_rope"}})));
  EXPECT_NEAR(at(energy, {{"layer", "0"}, {"directions", "3"}}), 1.0, 4e-16);
}

TEST_F(BuildDocument, ShowsPerplexity) {
  PerplexityReport report;
  report.provenance = report::test::small_report().provenance;
  report.model = report::test::small_report().corpora[0].model;
  report.corpora.push_back({.corpus = report::test::small_report().fitted_on[0],
                            .predicted_tokens = 1499,
                            .documents = 2,
                            .predicted_bytes = 5000,
                            .attentions = {{.name = "exact",
                                            .nats_per_token = 4.5,
                                            .perplexity = 90.0,
                                            .bits_per_byte = 1.9,
                                            .change = {},
                                            .fidelity = {}}}});
  const Document document = build({folder_.write("p.json", perplexity_json(report))});
  const auto& grid = std::get<Grid>(section(document, "perplexity").blocks.at(0));
  EXPECT_EQ(grid.rows[0][2].number, 90.0);
  EXPECT_EQ(grid.rows[0][3].number, 1.9);
}

TEST_F(BuildDocument, NamesEveryFileInItsProvenance) {
  const Document document = build({retention()});
  const auto& files = std::get<Grid>(section(document, "provenance").blocks[0]);
  EXPECT_EQ(files.rows[0][0].text, "r.json");
  EXPECT_EQ(files.rows[0][2].text, "aqua 0.1.0 (analyze retention)");
  EXPECT_EQ(files.rows[0][7].text.size(), 12U);
}

TEST_F(BuildDocument, TellsSeveralResultsOfAKindApart) {
  const auto first = retention();
  const auto second = folder_.write("s.json", retention_json(report::test::small_report()));
  const Document document = build({first, second});
  EXPECT_EQ(section(document, "retention").title, "Retention (r.json)");
  EXPECT_EQ(section(document, "retention-2").title, "Retention (s.json)");
  EXPECT_EQ(chart(document, "heads-map-2").id, "heads-map-2");
}

TEST_F(BuildDocument, KeepsHostileNamesOutOfThePage) {
  RetentionReport report = report::test::small_report();
  const std::string hostile = "</script><script>alert(1)</script><img src=x>";
  report.corpora[0].corpus.name = hostile;
  report.corpora[0].model.name = hostile;
  report.fitted_on[0].name = hostile;
  report.provenance.kernels = hostile;
  const auto path = folder_.write("r.json", retention_json(report));
  const std::string html = to_html(build({path}));
  EXPECT_THAT(html, testing::Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, testing::Not(HasSubstr("<img")));
  EXPECT_THAT(html, HasSubstr("&lt;img src=x&gt;"));
  const Markdown markdown = to_markdown(build({path}), "a");
  EXPECT_THAT(markdown.text, testing::Not(HasSubstr("<img")));
  for (const auto& [name, svg] : markdown.pictures) {
    EXPECT_THAT(svg, testing::Not(HasSubstr("<img"))) << name;
  }
}

TEST_F(BuildDocument, RefusesWhatIsNotAResult) {
  EXPECT_EQ(message(folder_.write("a.json", "{}")), "a.json: \"schema\" is missing");
  EXPECT_EQ(message(folder_.write("b.json", "[1]")),
            "b.json: expected a result of aqua (a JSON object), found [1]");
  EXPECT_EQ(message(folder_.write("c.json", "nonsense")), "c.json: not valid JSON at byte 2");
  EXPECT_THAT(
      message(folder_.write("d.json", R"({"schema": "other", "schema_version": 1})")),
      testing::AllOf(testing::StartsWith("d.json: \"schema\": expected one of aqua-retention, "),
                     testing::EndsWith(", found \"other\"")));
  std::filesystem::create_directory(folder_ / "f");
  EXPECT_EQ(message(folder_ / "f"), "f: expected a calibration file or a result, found a folder");
}

TEST_F(BuildDocument, RefusesOtherVersionsByName) {
  nlohmann::json json = nlohmann::json::parse(retention_json(report::test::small_report()));
  json["schema_version"] = 2;
  EXPECT_EQ(message(folder_.write("v.json", json.dump())),
            "v.json: \"schema_version\": expected 1 for aqua-retention, found 2");
}

TEST_F(BuildDocument, NamesTheMemberThatIsMissingOrWrong) {
  const nlohmann::json good = nlohmann::json::parse(retention_json(report::test::small_report()));
  nlohmann::json json = good;
  json.erase("measures");
  EXPECT_EQ(message(folder_.write("m.json", json.dump())), "m.json: \"measures\" is missing");
  json = good;
  json["corpora"][0]["results"][0]["measures"]["query_loss"]["heads"].erase(0);
  EXPECT_EQ(message(folder_.write("h.json", json.dump())),
            "h.json: en, aqua, k_ratio 0.5, static: \"query_loss\": \"heads\": expected one list "
            "for each of 2 layers, found 1");
  json = good;
  json["corpora"][0]["results"][0]["measures"]["query_loss"]["model"]["value"] = "much";
  EXPECT_EQ(message(folder_.write("t.json", json.dump())),
            "t.json: en, aqua, k_ratio 0.5, static: \"query_loss\": \"value\": expected a number, "
            "found \"much\"");
}

}  // namespace
}  // namespace aqua::report::document
