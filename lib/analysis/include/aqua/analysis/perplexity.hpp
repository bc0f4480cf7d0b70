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
  int64_t pass_bytes = int64_t{1} << 30;  ///< hidden states of all attentions that a pass may hold
};

/// What is kept of each predicted token under one attention; [predicted token].
struct TokenScores {
  std::vector<double> nats;     ///< −ln p(token)
  std::vector<float> kl;        ///< KL(exact ‖ this) of the distribution that it is drawn from
  std::vector<uint8_t> agrees;  ///< 1: the most likely token is the same as exact attention's

  TokenScores() = default;
  explicit TokenScores(int64_t tokens)
      : nats(static_cast<std::size_t>(tokens)),
        kl(static_cast<std::size_t>(tokens)),
        agrees(static_cast<std::size_t>(tokens)) {}
};

/// The sequences of a corpus that one pass of the model takes.
struct SequenceRange {
  int64_t first = 0;
  int64_t end = 0;  ///< one past the last
};

/// What one pass found.
struct PerplexityPass {
  std::vector<TokenScores> scores;  ///< [attention], exact first; its predicted tokens in order
  /// [variant][sequence][layer, query head]; empty unless asked for.
  std::vector<std::vector<std::vector<FidelitySums>>> fidelity;
};

/// The text cut into passes of as many sequences as options.pass_bytes allow, at least one.
/// UsageError when no token is predicted.
std::vector<SequenceRange> perplexity_passes(const model::Model& model,
                                             const text::PackedCorpus& corpus,
                                             std::span<const NamedAttention> variants,
                                             const PerplexityOptions& options);

/// Exact attention and all variants side by side over these sequences. Equal for every thread
/// count. NumericalError when logits are not finite.
PerplexityPass run_perplexity_pass(const model::Model& model, const text::PackedCorpus& corpus,
                                   const SequenceRange& range,
                                   std::span<const NamedAttention> variants,
                                   const PerplexityOptions& options, const Execution& execution);

/// The result over a text from all its passes, in order.
PerplexityResult assemble_perplexity(const text::PackedCorpus& corpus,
                                     std::span<const NamedAttention> variants,
                                     std::vector<PerplexityPass> passes,
                                     const PerplexityOptions& options);

/// The three together. Memory besides the model's: 13 bytes per predicted token and attention.
PerplexityResult perplexity(const model::Model& model, const text::PackedCorpus& corpus,
                            std::span<const NamedAttention> variants,
                            const PerplexityOptions& options, const Execution& execution);

}  // namespace aqua::analysis
