// Perplexity results for programs: JSON and CSV.
#include <fmt/format.h>

#include "../csv.hpp"
#include "../provenance_json.hpp"
#include "aqua/report/perplexity.hpp"

namespace aqua::report {
namespace {

using analysis::AttentionPerplexity;
using analysis::ChangeFromExact;
using analysis::PerplexityResult;

Json estimate_json(const analysis::Estimate& estimate) {
  return {{"value", number(estimate.value)},
          {"low", estimate.low ? number(*estimate.low) : Json(nullptr)},
          {"high", estimate.high ? number(*estimate.high) : Json(nullptr)}};
}

Json fidelity_json(const analysis::Fidelity& fidelity) {
  return {{"attended_share", number(fidelity.attended_share)},
          {"hit_rate", number(fidelity.hit_rate)},
          {"exact_mass", number(fidelity.exact_mass)},
          {"total_variation", number(fidelity.total_variation)},
          {"output_error", number(fidelity.output_error)},
          {"queries_per_head", fidelity.queries}};
}

Json variant_json(const AttentionPerplexity& variant) {
  Json json = {{"attention", variant.name},
               {"nats_per_token", number(variant.nats_per_token)},
               {"perplexity", number(variant.perplexity)},
               {"bits_per_byte", number(variant.bits_per_byte)}};
  const ChangeFromExact& change = *variant.change;
  json["perplexity_change"] = estimate_json(change.perplexity);
  json["nats_per_token_change"] = estimate_json(change.nats_per_token);
  json["kl_divergence"] = estimate_json(change.kl_divergence);
  json["kl_percentiles"] = {{"50", number(change.kl_percentiles.p50)},
                            {"90", number(change.kl_percentiles.p90)},
                            {"99", number(change.kl_percentiles.p99)},
                            {"100", number(change.kl_percentiles.maximum)}};
  json["top1_agreement"] = estimate_json(change.top1_agreement);
  if (variant.fidelity) json["fidelity"] = fidelity_json(*variant.fidelity);
  return json;
}

Json corpus_json(const PerplexityResult& result) {
  Json variants = Json::array();
  for (const AttentionPerplexity& attention : result.attentions) {
    if (attention.change) variants.push_back(variant_json(attention));
  }
  return {{"corpus", to_json(result.corpus)},
          {"documents", result.documents},
          {"predicted_tokens", result.predicted_tokens},
          {"predicted_bytes", result.predicted_bytes},
          {"nats_per_token", number(result.exact().nats_per_token)},
          {"perplexity", number(result.exact().perplexity)},
          {"bits_per_byte", number(result.exact().bits_per_byte)},
          {"variants", std::move(variants)}};
}

void append_estimate(const analysis::Estimate& estimate, std::vector<std::string>& fields) {
  fields.push_back(csv_number(estimate.value));
  fields.push_back(estimate.low ? csv_number(*estimate.low) : "");
  fields.push_back(estimate.high ? csv_number(*estimate.high) : "");
}

constexpr std::size_t change_fields = 16;
constexpr std::size_t fidelity_fields = 5;

std::vector<std::string> change_csv(const AttentionPerplexity& attention) {
  std::vector<std::string> fields;
  if (const auto& change = attention.change) {
    append_estimate(change->perplexity, fields);
    append_estimate(change->nats_per_token, fields);
    append_estimate(change->kl_divergence, fields);
    for (const double value : {change->kl_percentiles.p50, change->kl_percentiles.p90,
                               change->kl_percentiles.p99, change->kl_percentiles.maximum}) {
      fields.push_back(csv_number(value));
    }
    append_estimate(change->top1_agreement, fields);
  }
  fields.resize(change_fields);
  if (const auto& fidelity = attention.fidelity) {
    for (const double value : {fidelity->attended_share, fidelity->hit_rate, fidelity->exact_mass,
                               fidelity->total_variation, fidelity->output_error}) {
      fields.push_back(csv_number(value));
    }
  }
  fields.resize(change_fields + fidelity_fields);
  return fields;
}

}  // namespace

std::string perplexity_json(const PerplexityReport& report) {
  Json corpora = Json::array();
  for (const PerplexityResult& result : report.corpora) corpora.push_back(corpus_json(result));
  Json fitted = Json::array();
  for (const CorpusFacts& corpus : report.fitted_on) fitted.push_back(to_json(corpus));
  Json root = {{"schema", "aqua-perplexity"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(report.model);
  root["attention"] = "exact";
  root["calibration"] = {
      {"file", report.calibration.empty() ? Json(nullptr) : Json(report.calibration)},
      {"fitted_on", std::move(fitted)}};
  root["bootstrap_replicates"] = report.bootstrap_replicates;
  root["corpora"] = std::move(corpora);
  return dump_line(root);
}

std::string perplexity_csv(const PerplexityReport& report) {
  std::string out =
      "corpus,documents,tokens,predicted_tokens,nats_per_token,perplexity,bits_per_byte,"
      "attention,"
      "perplexity_change,perplexity_change_low,perplexity_change_high,"
      "nats_per_token_change,nats_per_token_change_low,nats_per_token_change_high,"
      "kl_divergence,kl_divergence_low,kl_divergence_high,"
      "kl_50,kl_90,kl_99,kl_100,"
      "top1_agreement,top1_agreement_low,top1_agreement_high,"
      "attended_share,hit_rate,exact_mass,total_variation,output_error\n";
  for (const PerplexityResult& result : report.corpora) {
    for (const AttentionPerplexity& attention : result.attentions) {
      std::vector<std::string> fields{
          csv_field(result.corpus.name),           fmt::format("{}", result.corpus.documents),
          fmt::format("{}", result.corpus.tokens), fmt::format("{}", result.predicted_tokens),
          csv_number(attention.nats_per_token),    csv_number(attention.perplexity),
          csv_number(attention.bits_per_byte),     csv_field(attention.name)};
      std::ranges::move(change_csv(attention), std::back_inserter(fields));
      out += csv_line(fields);
    }
  }
  return out;
}

}  // namespace aqua::report
