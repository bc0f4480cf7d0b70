#include "aqua/analysis/perplexity.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "aqua/core/error.hpp"
#include "perplexity/summary.hpp"
#include "perplexity/token_scores.hpp"

namespace aqua::analysis {
namespace {

// Where the predicted tokens of some sequences stand among all of theirs.
class Targets {
 public:
  explicit Targets(std::span<const SequenceInfo> sequences) {
    for (const SequenceInfo& sequence : sequences) {
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

std::vector<std::string> attention_names(std::span<const NamedAttention> variants) {
  std::vector<std::string> names{"exact"};
  for (const NamedAttention& variant : variants) names.push_back(variant.name);
  return names;
}

std::string task_name(const text::PackedCorpus& corpus, const SequenceRange& range) {
  const int64_t all = std::ssize(corpus.ids);
  std::string name = fmt::format("perplexity {}", corpus.facts.name);
  if (range.end - range.first == all) return name;
  return fmt::format("{}, sequences {} to {} of {}", name, range.first + 1, range.end, all);
}

void require_finite(std::span<const TokenScores> scores, const Targets& targets,
                    const text::PackedCorpus& corpus, const SequenceRange& range,
                    std::span<const NamedAttention> variants) {
  for (std::size_t a = 0; a < scores.size(); ++a) {
    const auto wrong =
        std::ranges::find_if(scores[a].nats, [](double nats) { return !std::isfinite(nats); });
    if (wrong == scores[a].nats.end()) continue;
    fail<NumericalError>(
        "corpus \"{}\", sequence {}, attention \"{}\": the model's logits are not finite",
        corpus.facts.name, range.first + targets.sequence_of(wrong - scores[a].nats.begin()),
        attention_names(variants)[a]);
  }
}

void append_scores(const TokenScores& more, TokenScores& scores) {
  scores.nats.insert(scores.nats.end(), more.nats.begin(), more.nats.end());
  scores.kl.insert(scores.kl.end(), more.kl.begin(), more.kl.end());
  scores.agrees.insert(scores.agrees.end(), more.agrees.begin(), more.agrees.end());
}

}  // namespace

std::vector<SequenceRange> perplexity_passes(const model::Model& model,
                                             const text::PackedCorpus& corpus,
                                             std::span<const NamedAttention> variants,
                                             const PerplexityOptions& options) {
  if (Targets(corpus.sequences).count() == 0) {
    fail<UsageError>("corpus \"{}\": no token to predict", corpus.facts.name);
  }
  const int64_t bytes_per_token = std::max<int64_t>(1, model.facts().hidden_size) *
                                  (1 + std::ssize(variants)) * static_cast<int64_t>(sizeof(float));
  std::vector<SequenceRange> passes;
  int64_t tokens = 0;  // of the last pass
  for (int64_t s = 0; s < std::ssize(corpus.sequences); ++s) {
    tokens += corpus.sequences[s].length();
    if (passes.empty() || tokens > options.pass_bytes / bytes_per_token) {
      passes.push_back({.first = s, .end = s});
      tokens = corpus.sequences[s].length();
    }
    passes.back().end = s + 1;
  }
  return passes;
}

PerplexityPass run_perplexity_pass(const model::Model& model, const text::PackedCorpus& corpus,
                                   const SequenceRange& range,
                                   std::span<const NamedAttention> variants,
                                   const PerplexityOptions& options, const Execution& execution) {
  const auto sequences = std::span(corpus.sequences).subspan(range.first, range.end - range.first);
  const Targets targets(sequences);
  PerplexityPass pass;
  pass.scores.assign(1 + variants.size(), TokenScores(targets.count()));
  model::RunRequest request;
  request.ids = std::span(corpus.ids).subspan(range.first, range.end - range.first);
  request.task = task_name(corpus, range);
  // Alone, exact attention is the model's own, in whatever type it computes; beside variants it is
  // float32 as they are.
  const auto exact = attention::make_exact_attention();
  if (!variants.empty()) request.attentions = {exact.get()};
  for (const NamedAttention& variant : variants) request.attentions.push_back(variant.attention);
  std::vector<std::unique_ptr<FidelityMeter>> meters;
  if (options.fidelity) {
    request.observers = {nullptr};
    for (std::size_t v = 0; v < variants.size(); ++v) {
      meters.push_back(std::make_unique<FidelityMeter>(sequences, model.facts().layers,
                                                       model.facts().heads.query_heads));
      request.observers.push_back(meters.back().get());
    }
  }
  request.logits = [&](const model::LogitsBlock& block) {
    const int64_t s = block.sequence;
    const auto& ids = request.ids[s];
    const int64_t rows = block.logits.front().rows();
    RowScorer scorer;
    const int64_t last = std::min(block.first + rows, std::ssize(ids) - 1);
    for (int64_t t = std::max(block.first, targets.first(s) - 1); t < last; ++t) {
      scorer.score(block.logits, t - block.first, ids[t + 1], targets.number(s, t + 1),
                   pass.scores);
    }
  };
  model.run(request, execution);

  require_finite(pass.scores, targets, corpus, range, variants);
  for (const auto& meter : meters) pass.fidelity.push_back(meter->take());
  return pass;
}

PerplexityResult assemble_perplexity(const text::PackedCorpus& corpus,
                                     std::span<const NamedAttention> variants,
                                     std::vector<PerplexityPass> passes,
                                     const PerplexityOptions& options) {
  const Targets targets(corpus.sequences);
  PerplexityResult result{.corpus = corpus.facts,
                          .predicted_tokens = targets.count(),
                          .documents = 0,
                          .predicted_bytes = corpus.predicted_bytes,
                          .attentions = {}};
  std::vector<TokenScores> scores(1 + variants.size());
  for (PerplexityPass& pass : passes) {
    for (std::size_t a = 0; a < scores.size(); ++a) append_scores(pass.scores[a], scores[a]);
    pass.scores.clear();  // so that they are not held twice
  }
  summarise(attention_names(variants), scores, targets.documents(), options, result);
  if (!options.fidelity) return result;
  for (std::size_t v = 0; v < variants.size(); ++v) {
    std::vector<std::vector<FidelitySums>> sums;
    for (const PerplexityPass& pass : passes) {
      sums.insert(sums.end(), pass.fidelity[v].begin(), pass.fidelity[v].end());
    }
    result.attentions[v + 1].fidelity = mean_fidelity(sums);
  }
  return result;
}

PerplexityResult perplexity(const model::Model& model, const text::PackedCorpus& corpus,
                            std::span<const NamedAttention> variants,
                            const PerplexityOptions& options, const Execution& execution) {
  std::vector<PerplexityPass> passes;
  for (const SequenceRange& range : perplexity_passes(model, corpus, variants, options)) {
    passes.push_back(run_perplexity_pass(model, corpus, range, variants, options, execution));
  }
  return assemble_perplexity(corpus, variants, std::move(passes), options);
}

}  // namespace aqua::analysis
