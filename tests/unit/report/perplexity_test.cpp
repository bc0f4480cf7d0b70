#include "aqua/report/perplexity.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace aqua::report {
namespace {

using ::testing::HasSubstr;

PerplexityReport example() {
  PerplexityReport report;
  report.provenance.options_json = "{}";
  report.model.name = "m";
  report.corpora = {
      {.corpus = {.name = "en", .path = "e", .sha256 = "a", .documents = 2, .tokens = 1001},
       .predicted_tokens = 1000,
       .documents = 2,
       .predicted_bytes = 4000,
       .attentions = {{.name = "exact",
                       .nats_per_token = 4.25,
                       .perplexity = 70.10541,
                       .bits_per_byte = 1.5,
                       .change = {},
                       .fidelity = {}}}}};
  return report;
}

PerplexityReport with_variants(const std::string& name) {
  PerplexityReport report = example();
  report.fitted_on = {{.name = "fit", .path = "f", .sha256 = "b", .documents = 1, .tokens = 50}};
  report.calibration = "m.aqua.h5";
  report.bootstrap_replicates = 100;
  report.corpora.front().attentions.push_back(
      {.name = name,
       .nats_per_token = 4.5,
       .perplexity = 90.0,
       .bits_per_byte = 1.75,
       .change = analysis::ChangeFromExact{.perplexity = {19.89459, 12.25, 25.5},
                                           .nats_per_token = {0.25, 0.125, 0.5},
                                           .kl_divergence = {0.125, 0.0625, 0.25},
                                           .kl_percentiles = {0.1, 0.2, 0.3, 0.4},
                                           .top1_agreement = {0.875, 0.75, 0.9375}},
       .fidelity = analysis::Fidelity{.attended_share = 0.25,
                                      .hit_rate = 0.5,
                                      .exact_mass = 0.75,
                                      .total_variation = 0.0625,
                                      .output_error = 0.03125,
                                      .queries = 9}});
  return report;
}

TEST(Perplexity, Text) {
  EXPECT_THAT(perplexity_text(example()),
              HasSubstr("Perplexity of m with exact attention\n"
                        "\n"
                        "                   predicted              bits per  nats per\n"
                        "corpus  documents     tokens  perplexity      byte     token\n"
                        "------------------------------------------------------------\n"
                        "en              2      1,000      70.105    1.5000    4.2500\n"));
}

TEST(Perplexity, Json) {
  const auto json = nlohmann::json::parse(perplexity_json(example()));
  EXPECT_EQ(json["schema"], "aqua-perplexity");
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["attention"], "exact");
  EXPECT_EQ(json["corpora"], nlohmann::json::parse(R"([{
    "corpus": {"name": "en", "path": "e", "sha256": "a", "documents": 2, "tokens": 1001},
    "documents": 2, "predicted_tokens": 1000, "predicted_bytes": 4000, "nats_per_token": 4.25,
    "perplexity": 70.10541, "bits_per_byte": 1.5, "variants": []}])"));
}

TEST(Perplexity, TextWithVariants) {
  EXPECT_THAT(perplexity_text(with_variants("h2o")),
              HasSubstr("Perplexity of m with exact attention and variants\n"
                        "\n"
                        "bases: fitted on fit (50 tokens), from m.aqua.h5\n"
                        "\n"
                        "en: 1,000 predicted tokens in 2 documents\n"
                        "\n"
                        "                         bits per   change of perplexity     KL   top-1\n"
                        "  attention  perplexity      byte                 [95 %]   mean    same\n"
                        "  ---------------------------------------------------------------------\n"
                        "  exact          70.105    1.5000\n"
                        "  h2o            90.000    1.7500  +19.89 [12.25, 25.50]  0.125  87.5 %\n"
                        "\n"
                        "  KL to exact          mean [95 %]  50 %  90 %  99 %  largest\n"
                        "  -----------------------------------------------------------\n"
                        "  h2o          0.125 [0.062, 0.25]   0.1   0.2   0.3      0.4\n"
                        "\n"
                        "                     attended     hit   exact      total  output\n"
                        "  attention weights      keys    rate    mass  variation   error\n"
                        "  --------------------------------------------------------------\n"
                        "  h2o                  25.0 %  50.0 %  75.0 %     0.0625  0.0312\n"
                        "\n"));
}

TEST(Perplexity, LongSpecsAreNumbered) {
  const std::string text = perplexity_text(with_variants("aqua-h2o:k=0.75,recent=0.125,heavy=0.5"));
  EXPECT_THAT(text, HasSubstr("\n"
                              "  0  exact\n"
                              "  1  aqua-h2o:k=0.75,recent=0.125,heavy=0.5\n"));
  EXPECT_THAT(text, HasSubstr("\n  1              90.000    1.7500"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(Perplexity, JsonWithVariants) {
  const auto json = nlohmann::json::parse(perplexity_json(with_variants("h2o")));
  EXPECT_EQ(json["calibration"]["file"], "m.aqua.h5");
  EXPECT_EQ(json["calibration"]["fitted_on"][0]["name"], "fit");
  EXPECT_EQ(json["bootstrap_replicates"], 100);
  EXPECT_EQ(json["corpora"][0]["perplexity"], 70.10541);
  EXPECT_EQ(json["corpora"][0]["variants"], nlohmann::json::parse(R"([{
    "attention": "h2o", "nats_per_token": 4.5, "perplexity": 90.0, "bits_per_byte": 1.75,
    "perplexity_change": {"value": 19.89459, "low": 12.25, "high": 25.5},
    "nats_per_token_change": {"value": 0.25, "low": 0.125, "high": 0.5},
    "kl_divergence": {"value": 0.125, "low": 0.0625, "high": 0.25},
    "kl_percentiles": {"50": 0.1, "90": 0.2, "99": 0.3, "100": 0.4},
    "top1_agreement": {"value": 0.875, "low": 0.75, "high": 0.9375},
    "fidelity": {"attended_share": 0.25, "hit_rate": 0.5, "exact_mass": 0.75,
                 "total_variation": 0.0625, "output_error": 0.03125, "queries_per_head": 9}}])"));
}

constexpr const char* header =
    "corpus,documents,tokens,predicted_tokens,nats_per_token,perplexity,bits_per_byte,attention,"
    "perplexity_change,perplexity_change_low,perplexity_change_high,nats_per_token_change,"
    "nats_per_token_change_low,nats_per_token_change_high,kl_divergence,kl_divergence_low,"
    "kl_divergence_high,kl_50,kl_90,kl_99,kl_100,top1_agreement,top1_agreement_low,"
    "top1_agreement_high,attended_share,hit_rate,exact_mass,total_variation,output_error\n";

TEST(Perplexity, Csv) {
  EXPECT_EQ(perplexity_csv(example()),
            std::string(header) + "en,2,1001,1000,4.25,70.10541,1.5,exact,,,,,,,,,,,,,,,,,,,,,\n");
  EXPECT_EQ(perplexity_csv(with_variants("loki:r=0.5,top=0.5")),
            std::string(header) +
                "en,2,1001,1000,4.25,70.10541,1.5,exact,,,,,,,,,,,,,,,,,,,,,\n"
                "en,2,1001,1000,4.5,90,1.75,\"loki:r=0.5,top=0.5\",19.89459,12.25,25.5,0.25,0.125,"
                "0.5,0.125,0.0625,0.25,0.1,0.2,0.3,0.4,0.875,0.75,0.9375,0.25,0.5,0.75,0.0625,"
                "0.03125\n");
}

}  // namespace
}  // namespace aqua::report
