#include "aqua/analysis/perplexity.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "aqua/core/error.hpp"
#include "aqua/ops/softmax.hpp"

namespace aqua::analysis {
namespace {

// −ln softmax(logits)[target]. Exponentials in float32, their sum in double.
double negative_log_likelihood(std::span<const float> logits, int32_t target,
                               std::vector<float>& scratch) {
  scratch.assign(logits.begin(), logits.end());
  const double maximum = *std::max_element(scratch.begin(), scratch.end());
  ops::exponentials(scratch, std::nullopt);
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < scratch.size(); ++i) sum += static_cast<double>(scratch[i]);
  return maximum + std::log(sum) - static_cast<double>(logits[target]);
}

}  // namespace

PerplexityResult perplexity(const model::Model& model, const text::PackedCorpus& corpus,
                            const Execution& execution) {
  PerplexityResult result{.corpus = corpus.facts};
  const auto sequences = static_cast<int64_t>(corpus.ids.size());
  // The first token that each sequence predicts: counted, and not the window's first.
  const auto first_target = [&](int64_t s) {
    return std::max<int64_t>(1, corpus.sequences[s].first_counted);
  };
  for (int64_t s = 0; s < sequences; ++s) {
    result.predicted_tokens += std::max<int64_t>(0, corpus.sequences[s].length() - first_target(s));
  }
  if (result.predicted_tokens == 0) {
    fail<UsageError>("corpus \"{}\": no token to predict", corpus.facts.name);
  }

  std::vector<double> nats(corpus.ids.size(), 0.0);  // by sequence, so that the sum has one order
  model::RunRequest request;
  request.ids = corpus.ids;
  request.task = fmt::format("perplexity {}", corpus.facts.name);
  request.logits = [&](const model::LogitsBlock& block) {
    const auto [s, first, by_attention] = block;
    const ConstMatrixView<float> logits = by_attention.front();
    const auto& ids = corpus.ids[s];
    const int64_t end = std::min(first + logits.rows(), static_cast<int64_t>(ids.size()) - 1);
    std::vector<float> scratch;
    for (int64_t t = std::max(first, first_target(s) - 1); t < end; ++t) {
      nats[s] += negative_log_likelihood(logits.row(t - first), ids[t + 1], scratch);
    }
  };
  model.run(request, execution);

  double total = 0.0;
  for (int64_t s = 0; s < sequences; ++s) {
    if (!std::isfinite(nats[s])) {
      fail<NumericalError>("corpus \"{}\", sequence {}: the model's logits are not finite",
                           corpus.facts.name, s);
    }
    total += nats[s];
  }
  result.nats_per_token = total / static_cast<double>(result.predicted_tokens);
  result.perplexity = std::exp(result.nats_per_token);
  result.bits_per_byte = total / std::numbers::ln2 / static_cast<double>(corpus.bytes);
  return result;
}

}  // namespace aqua::analysis
