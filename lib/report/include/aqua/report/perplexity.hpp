// Perplexity results as terminal text, JSON and CSV.
#pragma once

#include <string>
#include <vector>

#include "aqua/analysis/perplexity.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

struct PerplexityReport {
  Provenance provenance;
  capture::ModelFacts model;
  std::vector<analysis::PerplexityResult> corpora;
};

std::string perplexity_text(const PerplexityReport& report);
/// Schema "aqua-perplexity", one line.
std::string perplexity_json(const PerplexityReport& report);
/// Header corpus,documents,tokens,predicted_tokens,nats_per_token,perplexity,bits_per_byte
std::string perplexity_csv(const PerplexityReport& report);

}  // namespace aqua::report
