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
  std::string calibration;             ///< file; empty: fitted for this run, or none was needed
  std::vector<CorpusFacts> fitted_on;  ///< texts behind the bases; empty: none were needed
  int64_t bootstrap_replicates = 0;
  std::vector<analysis::PerplexityResult> corpora;  ///< the same attentions in each
};

/// At most 80 columns: attentions whose specs leave no room are numbered, with a list above.
std::string perplexity_text(const PerplexityReport& report);
/// Schema "aqua-perplexity", one line.
std::string perplexity_json(const PerplexityReport& report);
/// One line per corpus and attention. Header: corpus, documents, tokens, predicted_tokens,
/// nats_per_token, perplexity, bits_per_byte, attention, then what differs from exact attention
/// (empty for exact attention itself).
std::string perplexity_csv(const PerplexityReport& report);

}  // namespace aqua::report
