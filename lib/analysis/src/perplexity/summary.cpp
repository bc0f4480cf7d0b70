#include "perplexity/summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "bootstrap.hpp"

namespace aqua::analysis {
namespace {

/// Sums over the predicted tokens of each document, tokens in order.
struct DocumentSums {
  std::vector<double> nats;
  std::vector<double> kl;
  std::vector<double> agrees;
};

DocumentSums sums_of(const TokenScores& scores, std::span<const int32_t> document,
                     std::size_t documents) {
  DocumentSums sums{std::vector<double>(documents), std::vector<double>(documents),
                    std::vector<double>(documents)};
  for (std::size_t t = 0; t < document.size(); ++t) {
    const auto d = static_cast<std::size_t>(document[t]);
    sums.nats[d] += scores.nats[t];
    sums.kl[d] += static_cast<double>(scores.kl[t]);
    sums.agrees[d] += scores.agrees[t];
  }
  return sums;
}

double total(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Replicate means Σ w·value / Σ w·tokens of the bootstrap weights' rows.
std::vector<double> replicate_means(const Matrix<double>& weights, std::span<const double> values,
                                    std::span<const double> tokens) {
  std::vector<double> means;
  for (int64_t b = 0; b < weights.rows(); ++b) {
    const auto row = weights.row(b);
    means.push_back(std::inner_product(row.begin(), row.end(), values.begin(), 0.0) /
                    std::inner_product(row.begin(), row.end(), tokens.begin(), 0.0));
  }
  return means;
}

Estimate estimate(double value, std::vector<double> replicates) {
  Estimate result{.value = value, .low = {}, .high = {}};
  if (const auto interval = percentile_interval(replicates)) {
    result.low = interval->low;
    result.high = interval->high;
  }
  return result;
}

Percentiles percentiles(std::span<const float> values) {
  std::vector<double> rising(values.begin(), values.end());
  std::ranges::sort(rising);
  return {.p50 = quantile(rising, 0.5),
          .p90 = quantile(rising, 0.9),
          .p99 = quantile(rising, 0.99),
          .maximum = rising.back()};
}

/// Renumbers documents so that only those with predicted tokens count; returns how many there are.
int64_t compact(std::span<const int32_t> document, std::vector<int32_t>& compacted) {
  std::map<int32_t, int32_t> number;
  for (const int32_t d : document) {
    const auto next = static_cast<int32_t>(number.size());
    compacted.push_back(number.emplace(d, next).first->second);
  }
  return std::ssize(number);
}

}  // namespace

void summarise(std::span<const std::string> names, std::span<const TokenScores> scores,
               std::span<const int32_t> document, const PerplexityOptions& options,
               PerplexityResult& result) {
  std::vector<int32_t> number;
  result.documents = compact(document, number);
  const auto count = static_cast<std::size_t>(result.documents);
  std::vector<double> tokens(count);
  for (const int32_t d : number) tokens[static_cast<std::size_t>(d)] += 1.0;
  Matrix<double> weights;
  if (result.documents >= 2) {
    weights = bootstrap_weights(options.bootstrap_replicates, result.documents, options.seed);
  }

  const auto predicted = static_cast<double>(number.size());
  std::vector<double> exact_replicates;
  for (std::size_t a = 0; a < scores.size(); ++a) {
    const DocumentSums sums = sums_of(scores[a], number, count);
    const double nats = total(scores[a].nats);
    AttentionPerplexity& out = result.attentions.emplace_back();
    out.name = names[a];
    out.nats_per_token = nats / predicted;
    out.perplexity = std::exp(out.nats_per_token);
    out.bits_per_byte = nats / std::numbers::ln2 / static_cast<double>(result.predicted_bytes);
    const std::vector<double> replicates = replicate_means(weights, sums.nats, tokens);
    if (a == 0) {
      exact_replicates = replicates;
      continue;
    }
    std::vector<double> nats_change;
    std::vector<double> perplexity_change;
    for (std::size_t b = 0; b < replicates.size(); ++b) {
      nats_change.push_back(replicates[b] - exact_replicates[b]);
      perplexity_change.push_back(std::exp(replicates[b]) - std::exp(exact_replicates[b]));
    }
    const AttentionPerplexity& exact = result.attentions.front();
    out.change = ChangeFromExact{
        .perplexity = estimate(out.perplexity - exact.perplexity, std::move(perplexity_change)),
        .nats_per_token =
            estimate(out.nats_per_token - exact.nats_per_token, std::move(nats_change)),
        .kl_divergence =
            estimate(total(sums.kl) / predicted, replicate_means(weights, sums.kl, tokens)),
        .kl_percentiles = percentiles(scores[a].kl),
        .top1_agreement = estimate(total(sums.agrees) / predicted,
                                   replicate_means(weights, sums.agrees, tokens))};
  }
}

}  // namespace aqua::analysis
