// How well a model predicts text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/model/model.hpp"
#include "aqua/text/corpus.hpp"

namespace aqua::analysis {

struct PerplexityResult {
  CorpusFacts corpus;
  int64_t predicted_tokens = 0;  ///< N: counted tokens that have a predecessor in their window
  double nats_per_token = 0.0;   ///< mean of −ln p(token | tokens before it in the window)
  double perplexity = 0.0;       ///< exp(nats_per_token)
  double bits_per_byte = 0.0;    ///< total nats / ln 2 / UTF-8 bytes of the text
};

PerplexityResult perplexity(const model::Model& model, const text::PackedCorpus& corpus,
                            const Execution& execution);

}  // namespace aqua::analysis
