#include "aqua/analysis/perplexity.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "aqua/core/error.hpp"
#include "perplexity/summary.hpp"
#include "perplexity/token_scores.hpp"

namespace aqua::analysis {
namespace {

// Hidden states of all attentions that a pass may hold.
constexpr int64_t hidden_bytes = int64_t{1} << 30;

// Where each sequence's predicted tokens stand among all of the corpus.
class Targets {
 public:
  explicit Targets(const text::PackedCorpus& corpus) {
    for (const SequenceInfo& sequence : corpus.sequences) {
      first_.push_back(std::max<int64_t>(1, sequence.first_counted));
      offset_.push_back(std::ssize(document_));
      for (int64_t t = first_.back(); t < sequence.length(); ++t) {
        document_.push_back(sequence.document[t]);
      }
    }
  }
  /// The first token of a sequence that is predicted: counted, and not the window's first.
  int64_t first(int64_t sequence) const { return first_[sequence]; }
  int64_t number(int64_t sequence, int64_t token) const {
    return offset_[sequence] + token - first_[sequence];
  }
  int64_t count() const { return std::ssize(document_); }
  int64_t sequence_of(int64_t number) const {
    return std::ranges::upper_bound(offset_, number) - offset_.begin() - 1;
  }
  std::span<const int32_t> documents() const { return document_; }

 private:
  std::vector<int64_t> first_;
  std::vector<int64_t> offset_;
  std::vector<int32_t> document_;
};

// Sequences [first, end) that fit into one pass; at least one.
int64_t end_of_batch(const text::PackedCorpus& corpus, int64_t first, int64_t most_tokens) {
  int64_t tokens = corpus.sequences[first].length();
  int64_t end = first + 1;
  while (end < std::ssize(corpus.sequences)) {
    tokens += corpus.sequences[end].length();
    if (tokens > most_tokens) break;
    ++end;
  }
  return end;
}

}  // namespace

PerplexityResult perplexity(const model::Model& model, const text::PackedCorpus& corpus,
                            std::span<const NamedAttention> variants,
                            const PerplexityOptions& options, const Execution& execution) {
  const Targets targets(corpus);
  PerplexityResult result{.corpus = corpus.facts,
                          .predicted_tokens = targets.count(),
                          .documents = 0,
                          .predicted_bytes = corpus.predicted_bytes,
                          .attentions = {}};
  if (targets.count() == 0) {
    fail<UsageError>("corpus \"{}\": no token to predict", corpus.facts.name);
  }

  const auto exact = attention::make_exact_attention();
  std::vector<std::string> names{"exact"};
  std::vector<TokenScores> scores{TokenScores(targets.count())};
  std::vector<std::unique_ptr<FidelityMeter>> meters;
  model::RunRequest request;
  // Alone, exact attention is the model's own, in whatever type it computes; beside variants it is
  // float32 as they are.
  if (!variants.empty()) request.attentions = {exact.get()};
  for (const NamedAttention& variant : variants) {
    names.push_back(variant.name);
    scores.emplace_back(targets.count());
    request.attentions.push_back(variant.attention);
  }
  if (options.fidelity) {
    request.observers = {nullptr};
    for (std::size_t v = 0; v < variants.size(); ++v) {
      meters.push_back(std::make_unique<FidelityMeter>(corpus.sequences));
      request.observers.push_back(meters.back().get());
    }
  }

  const int64_t bytes_per_token = std::max<int64_t>(1, model.facts().hidden_size) *
                                  std::ssize(scores) *
                                  static_cast<int64_t>(sizeof(float));
  for (int64_t first = 0; first < std::ssize(corpus.ids);) {
    const int64_t end = end_of_batch(corpus, first, hidden_bytes / bytes_per_token);
    request.ids = std::span(corpus.ids).subspan(first, end - first);
    request.task = fmt::format("perplexity {}", corpus.facts.name);
    for (const auto& meter : meters) meter->set_first_sequence(first);
    request.logits = [&, first](const model::LogitsBlock& block) {
      const int64_t s = first + block.sequence;
      const auto& ids = corpus.ids[s];
      const int64_t rows = block.logits.front().rows();
      RowScorer scorer;
      const int64_t last = std::min(block.first + rows, std::ssize(ids) - 1);
      for (int64_t t = std::max(block.first, targets.first(s) - 1); t < last; ++t) {
        scorer.score(block.logits, t - block.first, ids[t + 1], targets.number(s, t + 1), scores);
      }
    };
    model.run(request, execution);
    first = end;
  }

  for (std::size_t a = 0; a < scores.size(); ++a) {
    const auto wrong =
        std::ranges::find_if(scores[a].nats, [](double nats) { return !std::isfinite(nats); });
    if (wrong == scores[a].nats.end()) continue;
    const int64_t sequence = targets.sequence_of(wrong - scores[a].nats.begin());
    fail<NumericalError>(
        "corpus \"{}\", sequence {}, attention \"{}\": the model's logits are not "
        "finite",
        corpus.facts.name, sequence, names[a]);
  }
  summarise(names, scores, targets.documents(), options, result);
  for (std::size_t v = 0; v < meters.size(); ++v) {
    result.attentions[v + 1].fidelity = meters[v]->result();
  }
  return result;
}

}  // namespace aqua::analysis
