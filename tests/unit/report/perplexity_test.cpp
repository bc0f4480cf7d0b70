#include "aqua/report/perplexity.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

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
       .nats_per_token = 4.25,
       .perplexity = 70.10541,
       .bits_per_byte = 1.5}};
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
    "predicted_tokens": 1000, "nats_per_token": 4.25, "perplexity": 70.10541,
    "bits_per_byte": 1.5}])"));
}

TEST(Perplexity, Csv) {
  EXPECT_EQ(perplexity_csv(example()),
            "corpus,documents,tokens,predicted_tokens,nats_per_token,perplexity,bits_per_byte\n"
            "en,2,1001,1000,4.25,70.10541,1.5\n");
}

}  // namespace
}  // namespace aqua::report
