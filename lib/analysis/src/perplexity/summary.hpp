// From scores of tokens to results with intervals.
#pragma once

#include <span>
#include <vector>

#include "aqua/analysis/perplexity.hpp"
#include "perplexity/token_scores.hpp"

namespace aqua::analysis {

/// `document` [predicted token]: index of the document that the token belongs to. Fills the
/// result's documents and attentions (but for fidelity) from the scores of exact attention and of
/// the variants, named `names`; result.predicted_bytes must be set.
void summarise(std::span<const std::string> names, std::span<const TokenScores> scores,
               std::span<const int32_t> document, const PerplexityOptions& options,
               PerplexityResult& result);

}  // namespace aqua::analysis
