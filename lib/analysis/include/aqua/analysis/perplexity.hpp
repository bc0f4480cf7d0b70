// How well a model predicts text, with exact attention and with variants in its place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aqua/analysis/fidelity.hpp"
#include "aqua/analysis/retention.hpp"
#include "aqua/core/execution.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/model/model.hpp"
#include "aqua/text/corpus.hpp"

namespace aqua::analysis {

/// An attention by the name that reports give it: its spec.
struct NamedAttention {
  std::string name;
  const attention::Attention* attention = nullptr;
};

/// Of one value per predicted token, by linear interpolation between order statistics.
struct Percentiles {
  double p50 = 0.0;
  double p90 = 0.0;
  double p99 = 0.0;
  double maximum = 0.0;
};

/// What differs from exact attention. Estimates carry 95 % percentile-bootstrap intervals over
/// documents; both attentions are resampled together (paired).
struct ChangeFromExact {
  Estimate perplexity;      ///< perplexity − exact perplexity
  Estimate nats_per_token;  ///< likewise
  /// Mean over predicted tokens of KL(p ‖ p̃) = Σ_v p_v·ln(p_v/p̃_v) in nats: p the exact model's
  /// distribution of the next token, p̃ the variant's. From float32 logits: absolute errors of a few
  /// 1e-7 a token; what comes out below zero counts as zero.
  Estimate kl_divergence;
  Percentiles kl_percentiles;
  /// Share of predicted tokens whose most likely next token (ties: the lowest id) is the same.
  Estimate top1_agreement;
};

/// One attention on one corpus.
struct AttentionPerplexity {
  std::string name;
  double nats_per_token = 0.0;  ///< mean of −ln p(token | tokens before it in the window)
  double perplexity = 0.0;      ///< exp(nats_per_token)
  double bits_per_byte = 0.0;   ///< total nats / ln 2 / UTF-8 bytes of the predicted tokens
  std::optional<ChangeFromExact> change;  ///< absent for exact attention
  std::optional<Fidelity> fidelity;       ///< when it was asked for; absent for exact attention
};

struct PerplexityResult {
  CorpusFacts corpus;
  int64_t predicted_tokens = 0;  ///< N: counted tokens that have a predecessor in their window
  int64_t documents = 0;         ///< with predicted tokens: what the intervals resample
  int64_t predicted_bytes = 0;
  std::vector<AttentionPerplexity> attentions;  ///< exact first, then the variants in order

  const AttentionPerplexity& exact() const { return attentions.front(); }
};

struct PerplexityOptions {
  uint64_t seed = 0;
  int64_t bootstrap_replicates = 1000;  ///< 0: no intervals
  bool fidelity =
      false;  ///< also compare each variant's attention with exact attention on its inputs
};

/// Exact attention and all variants in one pass over the text, or, when their hidden states would
/// take more than 1 GiB, in several over parts of it. Memory besides the model's: 13 bytes per
/// predicted token and attention. Results are equal for every thread count. UsageError when no
/// token is predicted; NumericalError when logits are not finite.
PerplexityResult perplexity(const model::Model& model, const text::PackedCorpus& corpus,
                            std::span<const NamedAttention> variants,
                            const PerplexityOptions& options, const Execution& execution);

}  // namespace aqua::analysis
