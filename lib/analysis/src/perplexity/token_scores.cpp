#include "perplexity/token_scores.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "aqua/ops/softmax.hpp"

namespace aqua::analysis {
namespace {

// e^{x − max x} and ln Σ e^x: exponentials in float32, their sum in double.
struct LogSum {
  double sum = 0.0;  // of the exponentials
  double log_sum = 0.0;
  int64_t largest = 0;  // the first largest entry
};

LogSum exponentiate(std::span<const float> logits, std::vector<float>& exponentials) {
  exponentials.assign(logits.begin(), logits.end());
  const auto largest = std::max_element(logits.begin(), logits.end());
  ops::exponentials(exponentials, std::nullopt);
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < exponentials.size(); ++i) {
    sum += static_cast<double>(exponentials[i]);
  }
  return {sum, static_cast<double>(*largest) + std::log(sum), largest - logits.begin()};
}

}  // namespace

void RowScorer::score(std::span<const ConstMatrixView<float>> logits, int64_t row, int32_t target,
                      int64_t token, std::span<TokenScores> scores) {
  const auto exact = logits.front().row(row);
  const LogSum exact_sum = exponentiate(exact, exact_);
  scores[0].nats[token] = exact_sum.log_sum - static_cast<double>(exact[target]);
  scores[0].agrees[token] = 1;
  for (std::size_t a = 1; a < logits.size(); ++a) {
    const auto x = logits[a].row(row);
    const LogSum sum = exponentiate(x, scratch_);
    scores[a].nats[token] = sum.log_sum - static_cast<double>(x[target]);
    scores[a].agrees[token] = sum.largest == exact_sum.largest ? 1 : 0;
    // Σ p·(ln p − ln p̃) with ln p = logit − ln Σ e^logit.
    double difference = 0.0;
#pragma omp simd reduction(+ : difference)
    for (std::size_t i = 0; i < x.size(); ++i) {
      difference += static_cast<double>(exact_[i]) *
                    (static_cast<double>(exact[i]) - static_cast<double>(x[i]));
    }
    const double kl = difference / exact_sum.sum - exact_sum.log_sum + sum.log_sum;
    scores[a].kl[token] = static_cast<float>(kl < 0.0 ? 0.0 : kl);
  }
}

}  // namespace aqua::analysis
