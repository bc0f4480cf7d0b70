#include <algorithm>
#include <iterator>
#include <utility>

#include "aqua/analysis/needle.hpp"
#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"
#include "bootstrap.hpp"

namespace aqua::analysis {
namespace {

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

std::vector<RetrievalHead> find_retrieval_heads(std::span<const std::vector<HaystackScores>> found,
                                                int64_t query_heads, int64_t count) {
  const std::size_t all = found.front().front().heads.size();
  std::vector<RetrievalHead> heads;
  for (std::size_t i = 0; i < all; ++i) {
    RetrievalHead& head = heads.emplace_back();
    head.layer = {static_cast<int32_t>(static_cast<int64_t>(i) / query_heads)};
    head.head = static_cast<int64_t>(i) % query_heads;
    for (const std::vector<HaystackScores>& haystack : found) {
      head.copied += haystack.front().heads[i].copied / static_cast<double>(found.size());
    }
  }
  std::ranges::stable_sort(heads, std::greater(), &RetrievalHead::copied);
  heads.resize(static_cast<std::size_t>(std::min<int64_t>(count, std::ssize(heads))));
  return heads;
}

/// The mean of one number over the retrieval heads, for each haystack.
std::vector<double> over_heads(std::span<const HaystackScores* const> haystacks,
                               std::span<const RetrievalHead> heads, int64_t query_heads,
                               double HeadRetrieval::*number) {
  std::vector<double> values;
  for (const HaystackScores* found : haystacks) {
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

std::vector<Haystack> make_haystacks(const text::Tokenizer& tokenizer, const text::Corpus& corpus,
                                     std::span<const Needle> needles,
                                     const NeedleOptions& options) {
  check_options(options, needles);
  const int64_t longest = *std::ranges::max_element(options.lengths);
  std::vector<std::vector<int32_t>> fillers;
  for (std::size_t n = 0; n < needles.size(); ++n) {
    fillers.push_back(
        filler_for(corpus, tokenizer, longest, options.seed, static_cast<int64_t>(n)));
  }
  std::vector<Haystack> haystacks;
  for (const int64_t length : options.lengths) {
    for (const double depth : options.depths) {
      for (std::size_t n = 0; n < needles.size(); ++n) {
        haystacks.push_back(make_haystack(needles[n], tokenizer, fillers[n], length, depth));
      }
    }
  }
  return haystacks;
}

NeedleResult assemble_needles(const model::Model& model, const text::Corpus& corpus,
                              std::span<const Needle> needles,
                              std::span<const NamedAttention> variants,
                              const NeedleOptions& options, std::vector<Haystack> haystacks,
                              std::span<const std::vector<HaystackScores>> scores) {
  NeedleResult result;
  result.options = options;
  result.corpus = {.name = corpus.name, .path = corpus.path.string(), .sha256 = corpus.sha256};
  result.corpus.documents = std::ssize(corpus.documents);
  for (const Haystack& haystack : haystacks) result.corpus.tokens += std::ssize(haystack.ids);
  result.haystacks = std::move(haystacks);
  result.attentions.emplace_back("exact");
  for (const NamedAttention& variant : variants) result.attentions.push_back(variant.name);
  for (const Needle& needle : needles) result.needles.push_back(needle.id);

  const int64_t query_heads = model.facts().heads.query_heads;
  result.retrieval_heads = find_retrieval_heads(scores, query_heads, options.retrieval_heads);
  const Matrix<double> weights =
      bootstrap_weights(options.bootstrap_replicates, std::ssize(needles), options.seed);
  for (std::size_t first = 0; first < scores.size(); first += needles.size()) {
    for (std::size_t a = 0; a < result.attentions.size(); ++a) {
      std::vector<const HaystackScores*> these;
      std::vector<double> loss;
      std::vector<double> change;
      std::vector<double> best_rank;
      for (std::size_t n = 0; n < needles.size(); ++n) {
        const HaystackScores& one = scores[first + n][a];
        these.push_back(&one);
        loss.push_back(one.loss);
        change.push_back(one.loss - scores[first + n][0].loss);
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

NeedleResult measure_needles(const model::Model& model, const text::Tokenizer& tokenizer,
                             const text::Corpus& corpus, std::span<const Needle> needles,
                             std::span<const NamedAttention> variants, const NeedleOptions& options,
                             const Execution& execution) {
  std::vector<Haystack> haystacks = make_haystacks(tokenizer, corpus, needles, options);
  std::vector<std::vector<HaystackScores>> scores;
  const std::size_t of_length = haystacks.size() / options.lengths.size();
  for (std::size_t first = 0; first < haystacks.size(); first += of_length) {
    std::ranges::move(
        run_haystacks(model, std::span(haystacks).subspan(first, of_length), variants, execution),
        std::back_inserter(scores));
  }
  return assemble_needles(model, corpus, needles, variants, options, std::move(haystacks), scores);
}

}  // namespace aqua::analysis
