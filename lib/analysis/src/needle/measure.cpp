#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "aqua/analysis/needle.hpp"
#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"
#include "bootstrap.hpp"
#include "needle/watcher.hpp"
#include "perplexity/token_scores.hpp"

namespace aqua::analysis {
namespace {

/// What one attention did on one haystack.
struct Found {
  double loss = 0.0;
  std::vector<HeadRetrieval> heads;  // [layer, query head]
};

/// The documents in an order drawn for one needle, laid end to end, up to `count` tokens. Special
/// tokens, such as the one that begins a text, stand at the start only.
std::vector<int32_t> filler_for(const text::Corpus& corpus, const text::Tokenizer& tokenizer,
                                int64_t count, uint64_t seed, int64_t needle) {
  std::vector<std::size_t> order(corpus.documents.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  Random random(seed, Random::Purpose::haystack, static_cast<uint64_t>(needle));
  for (std::size_t i = order.size(); i > 1; --i) {  // Fisher-Yates
    std::swap(order[i - 1], order[random.below(i)]);
  }
  std::vector<int32_t> filler;
  for (const std::size_t d : order) {
    if (std::ssize(filler) >= count) break;
    const std::vector<int32_t> ids = tokenizer.encode(corpus.documents[d].text, filler.empty());
    filler.insert(filler.end(), ids.begin(), ids.end());
  }
  return filler;
}

/// Haystacks of one length, by depth and needle, run through all attentions: [haystack][attention].
std::vector<std::vector<Found>> run_length(const model::Model& model,
                                           std::span<const Haystack> haystacks,
                                           std::span<const attention::Attention* const> attentions,
                                           const Execution& execution) {
  const int64_t layers = model.facts().layers;
  const int64_t heads = model.facts().heads.query_heads;
  std::vector<std::unique_ptr<NeedleWatcher>> watchers;
  model::RunRequest request;
  std::vector<std::vector<int32_t>> ids;
  std::vector<std::vector<TokenScores>> scores;  // [haystack][attention]
  for (const Haystack& haystack : haystacks) {
    ids.push_back(haystack.ids);
    scores.emplace_back(attentions.size(), TokenScores(haystack.answer_count));
  }
  for (const attention::Attention* attention : attentions) {
    request.attentions.push_back(attention);
    watchers.push_back(std::make_unique<NeedleWatcher>(haystacks, layers, heads));
    request.observers.push_back(watchers.back().get());
  }
  request.ids = ids;
  request.task = fmt::format("haystacks of {} tokens", haystacks.front().ids.size());
  request.logits = [&](const model::LogitsBlock& block) {
    const Haystack& haystack = haystacks[static_cast<std::size_t>(block.sequence)];
    RowScorer scorer;
    for (int64_t i = 0; i < haystack.answer_count; ++i) {
      const int64_t row = haystack.answer_first - 1 + i - block.first;
      if (row < 0 || row >= block.logits.front().rows()) continue;
      scorer.score(block.logits, row, haystack.ids[haystack.answer_first + i], i,
                   scores[block.sequence]);
    }
  };
  model.run(request, execution);

  std::vector<std::vector<Found>> found(haystacks.size());
  for (std::size_t s = 0; s < haystacks.size(); ++s) {
    for (std::size_t a = 0; a < attentions.size(); ++a) {
      Found& one = found[s].emplace_back();
      for (const double nats : scores[s][a].nats) {
        one.loss += nats / static_cast<double>(haystacks[s].answer_count);
      }
      if (!std::isfinite(one.loss)) {
        fail<NumericalError>("haystack {}: the model's logits are not finite", s);
      }
      for (int64_t layer = 0; layer < layers; ++layer) {
        for (int64_t h = 0; h < heads; ++h) {
          one.heads.push_back(watchers[a]->of(static_cast<int64_t>(s), layer, h));
        }
      }
    }
  }
  return found;
}

/// The mean over needles, and its interval where there are at least two.
Estimate over_needles(const std::vector<double>& values, const Matrix<double>& weights) {
  const auto count = static_cast<double>(values.size());
  Estimate estimate;
  for (const double value : values) estimate.value += value / count;
  std::vector<double> replicates;
  for (int64_t b = 0; b < weights.rows(); ++b) {
    double sum = 0.0;
    for (std::size_t n = 0; n < values.size(); ++n) sum += weights(b, int64_t(n)) * values[n];
    replicates.push_back(sum / count);
  }
  if (values.size() < 2) return estimate;
  if (const auto interval = percentile_interval(replicates)) {
    estimate.low = interval->low;
    estimate.high = interval->high;
  }
  return estimate;
}

std::vector<RetrievalHead> find_retrieval_heads(const std::vector<std::vector<Found>>& found,
                                                int64_t query_heads, int64_t count) {
  const std::size_t all = found.front().front().heads.size();
  std::vector<RetrievalHead> heads;
  for (std::size_t i = 0; i < all; ++i) {
    RetrievalHead& head = heads.emplace_back();
    head.layer = {static_cast<int32_t>(static_cast<int64_t>(i) / query_heads)};
    head.head = static_cast<int64_t>(i) % query_heads;
    for (const std::vector<Found>& haystack : found) {
      head.copied += haystack.front().heads[i].copied / static_cast<double>(found.size());
    }
  }
  std::ranges::stable_sort(heads, std::greater(), &RetrievalHead::copied);
  heads.resize(static_cast<std::size_t>(std::min<int64_t>(count, std::ssize(heads))));
  return heads;
}

/// The mean of one number over the retrieval heads, for each haystack.
std::vector<double> over_heads(std::span<const Found* const> haystacks,
                               std::span<const RetrievalHead> heads, int64_t query_heads,
                               double HeadRetrieval::*number) {
  std::vector<double> values;
  for (const Found* found : haystacks) {
    double sum = 0.0;
    for (const RetrievalHead& head : heads) {
      sum += found->heads[head.layer.value * query_heads + head.head].*number;
    }
    values.push_back(sum / static_cast<double>(heads.size()));
  }
  return values;
}

void check_options(const NeedleOptions& options, std::span<const Needle> needles) {
  if (needles.empty() || options.lengths.empty() || options.depths.empty()) {
    fail<UsageError>("needles, lengths and depths: expected at least one of each");
  }
  for (const double depth : options.depths) {
    if (!(depth >= 0.0 && depth <= 1.0)) {
      fail<UsageError>("depth: expected a number from 0 to 1, found {}", depth);
    }
  }
  if (options.retrieval_heads < 1) {
    fail<UsageError>("retrieval heads: expected 1 or more, found {}", options.retrieval_heads);
  }
}

}  // namespace

NeedleResult measure_needles(const model::Model& model, const text::Tokenizer& tokenizer,
                             const text::Corpus& corpus, std::span<const Needle> needles,
                             std::span<const NamedAttention> variants, const NeedleOptions& options,
                             const Execution& execution) {
  check_options(options, needles);
  NeedleResult result;
  result.options = options;
  result.corpus = {.name = corpus.name, .path = corpus.path.string(), .sha256 = corpus.sha256};
  result.corpus.documents = std::ssize(corpus.documents);
  const auto exact = attention::make_exact_attention();
  std::vector<const attention::Attention*> attentions{exact.get()};
  result.attentions.emplace_back("exact");
  for (const NamedAttention& variant : variants) {
    attentions.push_back(variant.attention);
    result.attentions.push_back(variant.name);
  }
  const int64_t longest = *std::ranges::max_element(options.lengths);
  std::vector<std::vector<int32_t>> fillers;
  for (std::size_t n = 0; n < needles.size(); ++n) {
    result.needles.push_back(needles[n].id);
    fillers.push_back(
        filler_for(corpus, tokenizer, longest, options.seed, static_cast<int64_t>(n)));
  }
  for (const int64_t length : options.lengths) {
    for (const double depth : options.depths) {
      for (std::size_t n = 0; n < needles.size(); ++n) {
        result.haystacks.push_back(make_haystack(needles[n], tokenizer, fillers[n], length, depth));
        result.corpus.tokens += length;
      }
    }
  }

  std::vector<std::vector<Found>> found;  // [haystack][attention]
  const std::size_t per_length = options.depths.size() * needles.size();
  for (std::size_t first = 0; first < result.haystacks.size(); first += per_length) {
    std::ranges::move(run_length(model, std::span(result.haystacks).subspan(first, per_length),
                                 attentions, execution),
                      std::back_inserter(found));
  }

  const int64_t query_heads = model.facts().heads.query_heads;
  result.retrieval_heads = find_retrieval_heads(found, query_heads, options.retrieval_heads);
  const Matrix<double> weights =
      bootstrap_weights(options.bootstrap_replicates, std::ssize(needles), options.seed);
  for (std::size_t first = 0; first < found.size(); first += needles.size()) {
    for (std::size_t a = 0; a < attentions.size(); ++a) {
      std::vector<const Found*> these;
      std::vector<double> loss;
      std::vector<double> change;
      std::vector<double> best_rank;
      for (std::size_t n = 0; n < needles.size(); ++n) {
        const Found& one = found[first + n][a];
        these.push_back(&one);
        loss.push_back(one.loss);
        change.push_back(one.loss - found[first + n][0].loss);
        best_rank.push_back(std::ranges::min(one.heads, {}, &HeadRetrieval::rank).rank);
      }
      const auto mean = [&](double HeadRetrieval::*number) {
        return over_needles(over_heads(these, result.retrieval_heads, query_heads, number),
                            weights);
      };
      const std::size_t cell = first / needles.size();
      result.cells.push_back({.length = options.lengths[cell / options.depths.size()],
                              .depth = options.depths[cell % options.depths.size()],
                              .attention = static_cast<int64_t>(a),
                              .loss = over_needles(loss, weights),
                              .loss_change = over_needles(change, weights),
                              .mass = mean(&HeadRetrieval::mass),
                              .copied = mean(&HeadRetrieval::copied),
                              .rank = mean(&HeadRetrieval::rank),
                              .hit_rate = mean(&HeadRetrieval::hits),
                              .best_rank = over_needles(best_rank, weights)});
    }
  }
  return result;
}

}  // namespace aqua::analysis
