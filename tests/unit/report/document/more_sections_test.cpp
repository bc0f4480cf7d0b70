// Sections of results other than retention, from small results written here: each value is told
// apart by its digits.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aqua/core/error.hpp"
#include "document/view.hpp"
#include "samples.hpp"

namespace aqua::report::document {
namespace {

using nlohmann::json;

json result(const std::string& schema) {
  return {{"schema", schema},
          {"schema_version", 1},
          {"provenance",
           {{"tool_version", "aqua 0.1.0"},
            {"command", "analyze"},
            {"options", json::object()},
            {"date", "2025-01-01T00:00:00Z"},
            {"kernels", "none"},
            {"seed", 1},
            {"threads", 1}}},
          {"model",
           {{"name", "m"},
            {"architecture", "llama"},
            {"layers", 2},
            {"query_heads", 2},
            {"kv_heads", 2},
            {"head_dim", 8}}}};
}

json corpus(const std::string& name) {
  return {{"name", name}, {"path", "x"}, {"sha256", "aa"}, {"documents", 3}, {"tokens", 100}};
}

json estimate(double value) {
  return {{"value", value}, {"low", value - 0.5}, {"high", value + 0.5}};
}

class Sections : public testing::Test {
 protected:
  Document build(const json& input) {
    const std::filesystem::path path = folder_.write("input.json", input.dump());
    return build_document(std::span(&path, 1), {.title = ""}, cancel_);
  }

  aqua::test::TemporaryFolder folder_;
  CancelToken cancel_;
};

const Section& section(const Document& document, std::string_view id) {
  const auto found = std::ranges::find(document.sections, id, &Section::id);
  if (found == document.sections.end()) throw Error("no such section");
  return *found;
}

/// The table of a chart at another choice: {"key", place} of the dimensions named.
Grid table(const Document& document, std::string_view id,
           std::initializer_list<std::pair<std::string_view, std::size_t>> places = {}) {
  for (const Section& part : document.sections) {
    for (const Block& block : part.blocks) {
      const auto* found = std::get_if<Chart>(&block);
      if (found == nullptr || found->id != id) continue;
      Chart chart = *found;
      chart.chosen.resize(chart.cube->dimensions.size(), 0);
      for (const auto& [key, place] : places) chart.chosen[chart.cube->dimension(key)] = place;
      return table_of(chart);
    }
  }
  throw Error("no such chart");
}

/// All numbers of a grid, row by row; NaN for a cell without one.
std::vector<std::vector<double>> numbers(const Grid& grid) {
  std::vector<std::vector<double>> rows;
  for (const auto& row : grid.rows) {
    rows.emplace_back();
    for (std::size_t c = 1; c < row.size(); ++c) {
      rows.back().push_back(row[c].number.value_or(test::none));
    }
  }
  return rows;
}

using Rows = std::vector<std::vector<double>>;

json transfer() {
  json root = result("aqua-transfer");
  root["fits"] = {{{"name", "en"}, {"corpora", {corpus("en")}}},
                  {{"name", "hi"}, {"corpora", {corpus("hi")}}}};
  root["evaluations"] = {{{"corpus", corpus("en")}}, {{"corpus", corpus("hi")}}};
  root["cells"] = json::array();
  int n = 0;
  for (const char* fit : {"en", "hi"}) {
    for (const char* evaluation : {"en", "hi"}) {
      json cell = estimate(++n);
      cell.update({{"measure", "query_loss"},
                   {"selection", "dynamic"},
                   {"k_ratio", 0.5},
                   {"k", 4},
                   {"fit", fit},
                   {"evaluation", evaluation},
                   {"gap", nullptr}});
      if (std::string(fit) != evaluation) {
        cell["gap"] = estimate(10 + n);
        cell["gap"]["finding"] = "within_noise";
        cell["gap"]["layers"] = json::array();
        for (int layer = 0; layer < 2; ++layer) {
          json of_layer = estimate(100 + 10 * n + layer);
          of_layer["layer"] = layer;
          cell["gap"]["layers"].push_back(of_layer);
        }
      }
      root["cells"].push_back(cell);
    }
  }
  root["subspaces"] = {{{"first", "en"},
                        {"second", "hi"},
                        {"k_ratio", 0.5},
                        {"k", 4},
                        {"overlap", 0.75},
                        {"mean_angle", 0.25},
                        {"worst", {{"overlap", 0.5}}}}};
  json difference = estimate(-3);
  difference["finding"] = "lower";
  root["aligned"] = {{"documents", 7},
                     {"differences",
                      {{{"measure", "query_loss"},
                        {"selection", "dynamic"},
                        {"k_ratio", 0.5},
                        {"k", 4},
                        {"fit", "en"},
                        {"first", "en"},
                        {"second", "hi"},
                        {"first_value", 1.5},
                        {"second_value", 4.5},
                        {"difference", difference}}}}};
  return root;
}

TEST_F(Sections, TransferHasTheMatrixItsGapsAndOverlaps) {
  const Document document = build(transfer());
  const Grid matrix = table(document, "transfer-matrix");
  EXPECT_EQ(matrix.caption, "query loss (quantity: value)");
  EXPECT_EQ(numbers(matrix), (Rows{{1, 2}, {3, 4}}));
  EXPECT_EQ(matrix.rows[0][2].low, 1.5);
  const Grid gaps = table(document, "transfer-matrix", {{"quantity", 1}});
  EXPECT_EQ(gaps.rows[0][1].text, "-");
  EXPECT_EQ(gaps.rows[0][2].text, "12");
  EXPECT_EQ(gaps.rows[1][1].text, "13");
  const Grid overlaps = table(document, "transfer-subspaces");
  EXPECT_THAT(overlaps.header, testing::ElementsAre("fitted on \\ and on", "en", "hi"));
  EXPECT_EQ(overlaps.rows[0][2].number, 0.75);
  EXPECT_EQ(overlaps.rows[1][1].number, 0.75);
}

TEST_F(Sections, TransferShowsGapsByLayerAndAlignedDifferences) {
  const Document document = build(transfer());
  EXPECT_EQ(numbers(table(document, "transfer-layers")), (Rows{{120, 130}, {121, 131}}));
  const Section& part = section(document, "transfer");
  const auto& gaps = std::get<Folded>(part.blocks.at(4)).grid;
  EXPECT_EQ(gaps.rows[0][6].number, 12.0);
  EXPECT_EQ(gaps.rows[0][7].text, "within noise");
  const auto& aligned = std::get<Folded>(part.blocks.at(5)).grid;
  EXPECT_EQ(aligned.caption, "Paired differences over 7 aligned documents");
  EXPECT_EQ(aligned.rows[0][8].number, -3.0);
}

TEST_F(Sections, SpectrumHasMeansAndRangesOverHeads) {
  json root = result("aqua-spectrum");
  root["energy_shares"] = {0.9};
  const auto head = [](int kv_head, double first) {
    const json spectrum = {{"cumulative_energy", {first, 1.0}},
                           {"effective_rank", 1.5 + kv_head},
                           {"participation_ratio", 1.25},
                           {"ranks", {2}}};
    return json{{"kv_head", kv_head}, {"joint", spectrum}, {"query", spectrum}, {"key", spectrum}};
  };
  root["layers"] = {
      {{"layer", 3}, {"site", "post_rope"}, {"heads", {head(0, 0.5), head(1, 0.75)}}}};
  const Document document = build(root);
  const Grid energy = table(document, "spectrum-energy");
  EXPECT_EQ(energy.rows[0][1].number, 0.625);
  EXPECT_EQ(energy.rows[0][1].low, 0.5);
  EXPECT_EQ(energy.rows[0][1].high, 0.75);
  EXPECT_EQ(numbers(table(document, "spectrum-heads")), (Rows{{1.5, 2.5}}));
  const Grid ranks = table(document, "spectrum-heads", {{"quantity", 2}});
  EXPECT_THAT(ranks.caption, testing::StartsWith("directions for 90 % of the energy"));
  EXPECT_EQ(numbers(ranks), (Rows{{2, 2}}));
}

TEST_F(Sections, ConvergenceSaysWhatIsEnough) {
  json root = result("aqua-convergence");
  root["points"] = json::array();
  for (const int tokens : {100, 1000}) {
    root["points"].push_back({{"tokens", tokens},
                              {"losses",
                               {{{"selection", "dynamic"},
                                 {"k_ratio", 0.5},
                                 {"k", 4},
                                 {"query_loss", estimate(tokens + 1)},
                                 {"to_last", estimate(tokens + 2)}}}},
                              {"subspaces",
                               {{{"k_ratio", 0.5},
                                 {"k", 4},
                                 {"overlap", tokens / 1000.0},
                                 {"worst_overlap", tokens / 2000.0}}}}});
  }
  root["suggestion"] = {{"tolerance", 0.01}, {"settled", true}, {"tokens", 1000}};
  const Document document = build(root);
  EXPECT_EQ(
      std::get<Paragraph>(section(document, "convergence").blocks[0]).text,
      "1,000 tokens are enough: from there on the loss stays within 1.0 % of its last value.");
  EXPECT_EQ(numbers(table(document, "convergence-loss")), (Rows{{101}, {1001}}));
  EXPECT_EQ(numbers(table(document, "convergence-overlap")), (Rows{{0.1}, {1.0}}));
  root["suggestion"]["settled"] = false;
  EXPECT_THAT(std::get<Paragraph>(section(build(root), "convergence").blocks[0]).text,
              testing::StartsWith("No count that was tried is settled"));
}

TEST_F(Sections, SensitivityComparesTextsWithTheNoiseOfDocuments) {
  json root = result("aqua-sensitivity");
  root["groups"] = {{{"name", "en"}, {"corpus", corpus("en")}},
                    {{"name", "hi"}, {"corpus", corpus("hi")}}};
  const auto spread = [](double mean) {
    return json{{"mean", mean}, {"low", mean - 1}, {"high", mean + 1}};
  };
  root["losses"] = {
      {{"evaluation", "en"},
       {"selection", "dynamic"},
       {"k_ratio", 0.5},
       {"k", 4},
       {"groups", {spread(5), spread(7)}},
       {"differences",
        {{{"group", "hi"}, {"difference", 2.0}, {"noise", 0.5}, {"beyond_noise", true}}}}}};
  root["overlaps"] = {{{"k_ratio", 0.5},
                       {"k", 4},
                       {"mean", {{0.9, 0.6}, {0.6, 0.8}}},
                       {"lowest", {{0.7, 0.4}, {0.4, 0.5}}}}};
  const Document document = build(root);
  EXPECT_EQ(numbers(table(document, "sensitivity-loss")), (Rows{{5}, {7}}));
  EXPECT_EQ(table(document, "sensitivity-loss").rows[1][1].high, 8.0);
  EXPECT_EQ(numbers(table(document, "sensitivity-overlap")), (Rows{{0.9, 0.6}, {0.6, 0.8}}));
  EXPECT_EQ(numbers(table(document, "sensitivity-overlap", {{"quantity", 1}})),
            (Rows{{0.7, 0.4}, {0.4, 0.5}}));
  const auto& differences = std::get<Grid>(section(document, "sensitivity").blocks.back());
  EXPECT_EQ(differences.rows[0][4].number, 2.0);
  EXPECT_EQ(differences.rows[0][6].text, "yes");
}

TEST_F(Sections, PlanShowsWhatEveryHeadKeeps) {
  json root = result("aqua-plan-report");
  root["plan_file"] = "m.plan.json";
  root["calibration"] = nullptr;
  root["choice"] = {{"basis", "aqua"},
                    {"selection", "dynamic"},
                    {"objective", "energy_loss"},
                    {"budget", 0.5},
                    {"loss_limit", nullptr},
                    {"step", 4},
                    {"chosen_on", {corpus("en")}}};
  root["plan"] = {{"kept", 16}, {"mean_k_ratio", 0.5}, {"loss", 0.01}};
  root["uniform"] = {{"k", 4}, {"kept", 16}, {"loss", 0.02}};
  root["layers"] = {{{"layer", 0},
                     {"k", {3, 5}},
                     {"loss", 0.1},
                     {"uniform_loss", 0.2},
                     {"curves", {{0.4, 0.0}, {0.3, 0.0}}}}};
  root["evaluations"] = {
      {{"corpus", corpus("hi")},
       {"documents", 3},
       {"measures",
        {{"query_loss",
          {{"uniform", estimate(4)}, {"plan", estimate(3)}, {"difference", estimate(-1)}}}}}}};
  const Document document = build(root);
  EXPECT_EQ(numbers(table(document, "plan-kept")), (Rows{{3, 5}}));
  EXPECT_EQ(numbers(table(document, "plan-loss")), (Rows{{0.1, 0.2}}));
  const Grid curves = table(document, "plan-curves");
  EXPECT_EQ(curves.rows[0][0].text, "4");
  EXPECT_EQ(numbers(curves), (Rows{{0.4, 0.3}, {0.0, 0.0}}));
  const auto& measured = std::get<Grid>(section(document, "plan").blocks.at(1));
  EXPECT_EQ(measured.rows[0][4].number, -1.0);
  EXPECT_EQ(measured.rows[0][4].high, -0.5);
}

json perplexity() {
  json root = result("aqua-perplexity");
  const auto variant = [](const std::string& spec, double value) {
    return json{{"attention", spec},
                {"perplexity", value},
                {"bits_per_byte", 2.5},
                {"perplexity_change", estimate(value - 90)},
                {"kl_divergence", estimate(value / 1000)},
                {"top1_agreement", estimate(value / 100)}};
  };
  json fidelity = variant("h2o", 95);
  fidelity["fidelity"] = {{"attended_share", 0.1},
                          {"hit_rate", 0.2},
                          {"exact_mass", 0.3},
                          {"total_variation", 0.4},
                          {"output_error", 0.5}};
  root["corpora"] = {{{"corpus", corpus("en")},
                      {"predicted_tokens", 99},
                      {"perplexity", 90},
                      {"bits_per_byte", 2},
                      {"nats_per_token", 4.5},
                      {"variants",
                       {variant("aqua:k=0.5", 91), variant("aqua:k=0.25", 94),
                        variant("aqua-static:k=0.5", 99), fidelity}}}};
  return root;
}

TEST_F(Sections, PerplexityHasCurvesOfVariantsBesideExactAttention) {
  const Document document = build(perplexity());
  const Grid curves = table(document, "perplexity-curves");
  EXPECT_THAT(curves.header, testing::ElementsAre("k/d", "aqua", "aqua-static", "exact"));
  ASSERT_EQ(curves.rows.size(), 2U);
  EXPECT_EQ(curves.rows[0][0].text, "0.25");
  EXPECT_EQ(curves.rows[0][1].number, 94.0);
  EXPECT_EQ(curves.rows[0][2].text, "-");
  EXPECT_EQ(numbers(curves)[1], (std::vector<double>{91, 99, 90}));
  EXPECT_EQ(table(document, "perplexity-kl").rows[1][1].number, 0.091);
  EXPECT_EQ(table(document, "perplexity-top1").rows[1][1].low, 0.91 - 0.5);
  EXPECT_EQ(numbers(table(document, "perplexity-change")), (Rows{{5}}));
  const auto& fidelity = std::get<Folded>(section(document, "perplexity").blocks.back()).grid;
  EXPECT_EQ(fidelity.rows[0][6].number, 0.5);
}

TEST_F(Sections, VerdictSpeaksOfPerplexityAndOfMeasuredTransfer) {
  const auto sentence = [](const Document& document) {
    return std::get<Paragraph>(section(document, "verdict").blocks.at(0)).text;
  };
  EXPECT_EQ(sentence(build(perplexity())),
            "At k/d 0.5 with dynamic selection, perplexity goes from 90 to 91 on en (change +1 "
            "[+0.5, +1.5]).");
  EXPECT_EQ(sentence(build(transfer())),
            "With k = 4, a basis of hi loses 1.30e+03 [1.25e+03, 1.35e+03] percentage points more "
            "on en than a basis of en itself, more than the choice of documents explains.");
}

json needle_cell(int64_t length, double depth, const std::string& attention, double value) {
  json cell{{"length", length}, {"depth", depth}, {"attention", attention}};
  for (const char* key :
       {"hit_rate", "mass", "copied", "rank", "best_rank", "loss", "loss_change"}) {
    cell[key] = estimate(value++);
  }
  return cell;
}

TEST_F(Sections, NeedleComparesAttentionsByLengthAndDepth) {
  json root = result("aqua-needle");
  json cells = json::array();
  for (const int length : {256, 64}) {
    for (const double depth : {0.1, 0.9}) {
      cells.push_back(needle_cell(length, depth, "exact", length + 100 * depth));
      cells.push_back(needle_cell(length, depth, "aqua:k=0.5", 1000 + length + 100 * depth));
    }
  }
  root["corpora"] = {{{"corpus", corpus("en")},
                      {"needles", {"a", "b", "c"}},
                      {"retrieval_heads", {{{"layer", 1}, {"head", 2}, {"copied", 0.25}}}},
                      {"cells", cells}}};
  const Document document = build(root);
  const Section& part = section(document, "needle");
  const auto& subjects = std::get<Grid>(part.blocks.at(1));
  EXPECT_EQ(subjects.rows[0][1].number, 3.0);
  EXPECT_EQ(subjects.rows[0][2].text, "L1.H2 (0.25)");
  // It starts with the hit rate at the middle depth, lengths rising.
  const Grid lengths = table_of(std::get<Chart>(part.blocks.at(2)));
  EXPECT_THAT(lengths.header,
              testing::ElementsAre("tokens of the haystack", "exact", "aqua:k=0.5"));
  EXPECT_EQ(numbers(lengths), (Rows{{154, 1154}, {346, 1346}}));
  EXPECT_EQ(lengths.rows[0][1].low, 153.5);
  // The map starts with the first variant; rows by depth.
  const Grid map = table_of(std::get<Chart>(part.blocks.at(3)));
  EXPECT_EQ(numbers(map), (Rows{{1074, 1266}, {1154, 1346}}));
  EXPECT_EQ(numbers(table(document, "needle-map", {{"quantity", 6}})),
            (Rows{{1080, 1272}, {1160, 1352}}));
  const auto& all = std::get<Folded>(part.blocks.at(4)).grid;
  ASSERT_EQ(all.rows.size(), 8U);
  EXPECT_EQ(all.rows[1][3].text, "aqua:k=0.5");
  EXPECT_EQ(all.rows[1][10].number, 1272.0);
  EXPECT_EQ(all.rows[1][10].high, 1272.5);
}

TEST_F(Sections, NeedleNamesTheMemberThatIsMissing) {
  json root = result("aqua-needle");
  json cell = needle_cell(64, 0.5, "exact", 1);
  cell.erase("mass");
  root["corpora"] = {{{"corpus", corpus("en")},
                      {"needles", {"a"}},
                      {"retrieval_heads", json::array()},
                      {"cells", {cell}}}};
  EXPECT_THAT([&] { build(root); },
              testing::ThrowsMessage<FormatError>(testing::EndsWith(
                  "input.json: \"corpora\"[0] (en): \"cells\"[0]: \"mass\" is missing")));
}

TEST_F(Sections, BreakevenHasFormulaAndMeasurement) {
  json root = result("aqua-breakeven");
  root["model"] = {
      {"name", "m"}, {"query_heads", 2}, {"kv_heads", 1}, {"head_dim", 8}, {"layers", 1}};
  root["machine"] = {{"cpu", "A CPU"},
                     {"instructions", "AVX2"},
                     {"last_level_cache_bytes", 1000000},
                     {"threads", 1}};
  root["repeats"] = 5;
  root["settings"] = {{{"k_ratio", 0.5},
                       {"s_ratio", 0.25},
                       {"stored", 6},
                       {"k", 3},
                       {"overhead_multiply_adds", 100},
                       {"formula_length", 20},
                       {"measured_length", nullptr},
                       {"measured_low", nullptr},
                       {"measured_high", nullptr},
                       {"faster_from_the_start", false}}};
  const auto time = [](double median) {
    return json{
        {"median_seconds", median}, {"low_seconds", median / 2}, {"high_seconds", median * 2}};
  };
  root["lengths"] = {
      {{"length", 64},
       {"standard",
        {{"by_token", time(4)}, {"by_dimension", time(2)}, {"compared", "by_dimension"}}},
       {"aqua", {time(3)}}}};
  const Document document = build(root);
  EXPECT_EQ(std::get<Facts>(section(document, "subject").blocks[0]).lines[1].second,
            "m (1 layer, 2 query heads, 1 KV head, d = 8)");
  EXPECT_EQ(numbers(table(document, "breakeven-seconds")), (Rows{{2, 3}}));
  const Grid relative = table(document, "breakeven-relative");
  EXPECT_THAT(relative.header,
              testing::ElementsAre("context length", "k/d 0.5, measured", "k/d 0.5, formula"));
  // 3/2 of the faster layout; (100 + 64·3)/(64·8) multiply-adds.
  EXPECT_EQ(numbers(relative), (Rows{{1.5, 292.0 / 512.0}}));
  const auto& lengths = std::get<Grid>(section(document, "breakeven").blocks.at(1));
  EXPECT_EQ(lengths.rows[0][1].text, "all but 0.25");
  EXPECT_EQ(lengths.rows[0][5].number, 20.0);
  EXPECT_EQ(lengths.rows[0][6].text, "-");
}

TEST_F(Sections, FollowDeepNestingNoFurtherThanResultsGo) {
  json root = result("aqua-spectrum");
  root["energy_shares"] = json::array();
  root["layers"] = json::array();
  std::string deep = root.dump();
  deep.pop_back();
  deep += ", \"corpora\": " + std::string(200000, '[') + std::string(200000, ']') + "}";
  const std::filesystem::path path = folder_.write("deep.json", deep);
  EXPECT_NO_THROW(build_document(std::span(&path, 1), {.title = ""}, cancel_));
}

}  // namespace
}  // namespace aqua::report::document
