// Needle in a haystack: does an attention variant still find a sentence far back in the context?
//
// A haystack is running text of L tokens with one foreign sentence, the needle, at some depth, and
// at its end the needle's first words again. Whoever attends back to the needle can continue with
// the needle's answer. Models too small to answer a question can be measured so, because copying
// what followed the same words before (induction, arXiv 2209.11895) is what they learn first, and
// because attention to the answer's tokens is measured besides the loss.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "aqua/analysis/perplexity.hpp"
#include "aqua/analysis/retention.hpp"
#include "aqua/core/execution.hpp"
#include "aqua/model/model.hpp"
#include "aqua/text/corpus.hpp"
#include "aqua/text/tokenizer.hpp"

namespace aqua::analysis {

/// The sentence is prompt + answer.
struct Needle {
  std::string id;
  std::string language;
  std::string prompt;  ///< "The password of the lighthouse is"
  std::string answer;  ///< " seven silver lanterns."
};

/// One JSON object a line with "id", "language", "prompt" and "answer", strings. FormatError names
/// file and line.
std::vector<Needle> read_needles(const std::filesystem::path& path);

/// The needles of the corpus's language, which is its name; all when there is none of that
/// language.
std::vector<Needle> needles_for(std::span<const Needle> needles, std::string_view corpus);

/// One haystack: filler[0, p) + needle + filler[p, …) + prompt + answer, with p the depth's share
/// of the filler, rounded. Prompt and answer at the end have the same token ids as in the needle:
/// its tokens are cut where the answer's text begins.
struct Haystack {
  std::vector<int32_t> ids;  ///< [L]
  int64_t needle_first = 0;  ///< position of the needle's first token
  int64_t needle_count = 0;
  int64_t copied_first = 0;  ///< of the answer's first token in the needle
  int64_t answer_first = 0;  ///< of the answer's first token at the end
  int64_t answer_count = 0;
};

/// UsageError when `length` leaves no filler or the filler is too short; FormatError when the
/// tokenizer gives prompt or answer no token.
Haystack make_haystack(const Needle& needle, const text::Tokenizer& tokenizer,
                       std::span<const int32_t> filler, int64_t length, double depth);

struct NeedleOptions {
  std::vector<int64_t> lengths{256, 512, 1024};  ///< tokens in a haystack
  std::vector<double> depths{0.1, 0.5, 0.9};     ///< 0: at the start, 1: right before the prompt
  int64_t retrieval_heads = 4;
  uint64_t seed = 0;
  int64_t bootstrap_replicates = 1000;  ///< over needles
};

/// One (length, depth, attention): means over needles, with 95 % bootstrap intervals over needles.
/// An answer query is a position whose next token belongs to the answer at the end; the token to be
/// copied is that answer token's place in the needle.
struct NeedleCell {
  int64_t length = 0;
  double depth = 0.0;
  int64_t attention = 0;  ///< 0: exact
  Estimate loss;          ///< mean over the answer's tokens of −ln p, nats
  Estimate loss_change;   ///< less exact attention's on the same haystacks (paired)
  /// Over the retrieval heads and answer queries:
  Estimate mass;       ///< attention weight on all of the needle's tokens, sum
  Estimate copied;     ///< attention weight on the token to be copied
  Estimate rank;       ///< 1 + number of keys with a larger weight than the token to be copied
  Estimate hit_rate;   ///< share of queries where that rank is 1
  Estimate best_rank;  ///< the least mean rank of any head of the model
};

struct RetrievalHead {
  LayerIndex layer;
  int64_t head = 0;
  double copied = 0.0;  ///< its mean weight on the token to be copied under exact attention
};

struct NeedleResult {
  CorpusFacts corpus;
  NeedleOptions options;
  std::vector<std::string> attentions;  ///< "exact" first
  std::vector<std::string> needles;     ///< ids
  /// The heads with the largest weight on the token to be copied under exact attention, mean over
  /// all haystacks; falling. They are found on the haystacks that they are measured on.
  std::vector<RetrievalHead> retrieval_heads;
  std::vector<NeedleCell> cells;    ///< by length, depth, attention
  std::vector<Haystack> haystacks;  ///< by length, depth, needle
};

/// How one head attended in one haystack: means over the answer queries.
struct HeadRetrieval {
  double mass = 0.0;    ///< weight on all of the needle's tokens
  double copied = 0.0;  ///< weight on the token to be copied
  double rank = 0.0;    ///< of that token
  double hits = 0.0;    ///< 1 where that rank is 1
};

/// What one attention did on one haystack.
struct HaystackScores {
  double loss = 0.0;                 ///< mean over the answer's tokens of −ln p, nats
  std::vector<HeadRetrieval> heads;  ///< [layer, query head]
};

/// A haystack of every length, depth and needle, in this order. The filler of needle n is the
/// corpus's documents in an order drawn from (seed, n), laid end to end.
std::vector<Haystack> make_haystacks(const text::Tokenizer& tokenizer, const text::Corpus& corpus,
                                     std::span<const Needle> needles, const NeedleOptions& options);

/// Exact attention and the variants side by side over haystacks of one length:
/// [haystack][attention], exact first. Equal for every thread count, and whether haystacks run
/// together or not. NumericalError when logits are not finite.
std::vector<std::vector<HaystackScores>> run_haystacks(const model::Model& model,
                                                       std::span<const Haystack> haystacks,
                                                       std::span<const NamedAttention> variants,
                                                       const Execution& execution);

/// The result from the scores of all haystacks, [haystack][attention], in order.
NeedleResult assemble_needles(const model::Model& model, const text::Corpus& corpus,
                              std::span<const Needle> needles,
                              std::span<const NamedAttention> variants,
                              const NeedleOptions& options, std::vector<Haystack> haystacks,
                              std::span<const std::vector<HaystackScores>> scores);

/// The three together, length by length.
NeedleResult measure_needles(const model::Model& model, const text::Tokenizer& tokenizer,
                             const text::Corpus& corpus, std::span<const Needle> needles,
                             std::span<const NamedAttention> variants, const NeedleOptions& options,
                             const Execution& execution);

}  // namespace aqua::analysis
