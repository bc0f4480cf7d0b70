#include "experts.hpp"

#include <algorithm>
#include <numeric>

#include "aqua/core/error.hpp"
#include "aqua/ops/softmax.hpp"
#include "decoder_layer.hpp"

namespace aqua::model {

ExpertMixture::ExpertMixture(const Architecture& architecture, const WeightReader& weights,
                             int64_t tokens, const ComputeSettings& compute, int workers)
    : a_(architecture),
      reader_(weights),
      normalised_(tokens, architecture.hidden_size, compute, hidden_matrices),
      chosen_(static_cast<std::size_t>(tokens * architecture.experts.per_token)),
      probabilities_(chosen_.size()),
      scratch_(static_cast<std::size_t>(workers)) {
  const int64_t rows = std::min(rows_at_once, tokens);
  for (Scratch& s : scratch_) {
    s = {Matrix<float>(rows, a_.hidden_size), Matrix<float>(rows, a_.experts.size),
         Matrix<float>(rows, a_.hidden_size), Matrix<float>(rows, a_.experts.count)};
  }
}

void ExpertMixture::run(LayerIndex layer, const LayerWeights& weights, HiddenStates& hidden,
                        const Execution& execution) {
  route(layer, weights, hidden, execution);
  // Tokens by expert, each expert's in order of position.
  const auto per_token = static_cast<std::size_t>(a_.experts.per_token);
  std::vector<std::vector<Assignment>> assigned(static_cast<std::size_t>(a_.experts.count));
  for (std::size_t i = 0; i < chosen_.size(); ++i) {
    assigned[static_cast<std::size_t>(chosen_[i])].push_back(
        {static_cast<int64_t>(i / per_token), probabilities_[i]});
  }
  for (int64_t e = 0; e < a_.experts.count; ++e) {
    const auto& tokens = assigned[static_cast<std::size_t>(e)];
    if (tokens.empty()) continue;
    reader_.read_expert(layer, e, expert_weights_, execution);
    run_expert(tokens, hidden, execution);
  }
}

void ExpertMixture::route(LayerIndex layer, const LayerWeights& weights, HiddenStates& hidden,
                          const Execution& execution) {
  const int64_t tokens = hidden.view().rows();
  const int64_t blocks = (tokens + rows_at_once - 1) / rows_at_once;
  execution.for_each(blocks, [&](int64_t block, int worker) {
    const int64_t first = block * rows_at_once;
    const int64_t rows = std::min(rows_at_once, tokens - first);
    const auto input = normalised_.view().rows(first, rows);
    if (!weights.feed_forward_norm.apply(a_, hidden.view().rows(first, rows), input)) {
      fail<NumericalError>("layer {}: hidden states are not finite", layer.value);
    }
    const auto logits = scratch_[static_cast<std::size_t>(worker)].router.view().rows(0, rows);
    weights.router.apply(input, logits);
    for (int64_t r = 0; r < rows; ++r) choose(first + r, logits.row(r));
    hidden.release(first, rows);
    normalised_.release(first, rows);
  });
}

// The experts of one token, from its router logits, which become probabilities.
void ExpertMixture::choose(int64_t token, std::span<float> logits) {
  const auto k = static_cast<std::size_t>(a_.experts.per_token);
  ops::softmax(logits);
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
                    [&](int32_t a, int32_t b) {
                      const float pa = logits[static_cast<std::size_t>(a)];
                      const float pb = logits[static_cast<std::size_t>(b)];
                      return pa > pb || (pa == pb && a < b);
                    });
  float sum = 0.0F;
  for (std::size_t j = 0; j < k; ++j) sum += logits[static_cast<std::size_t>(order[j])];
  const float scale = a_.experts.renormalise ? 1.0F / sum : 1.0F;
  for (std::size_t j = 0; j < k; ++j) {
    const std::size_t at = static_cast<std::size_t>(token) * k + j;
    chosen_[at] = order[j];
    probabilities_[at] = logits[static_cast<std::size_t>(order[j])] * scale;
  }
}

void ExpertMixture::run_expert(std::span<const Assignment> assigned, HiddenStates& hidden,
                               const Execution& execution) {
  const auto count = static_cast<int64_t>(assigned.size());
  const int64_t blocks = (count + rows_at_once - 1) / rows_at_once;
  execution.for_each(blocks, [&](int64_t block, int worker) {
    Scratch& s = scratch_[static_cast<std::size_t>(worker)];
    const int64_t first = block * rows_at_once;
    const int64_t rows = std::min(rows_at_once, count - first);
    const auto part =
        assigned.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
    const auto normalised = normalised_.view();
    const auto input = s.input.view().rows(0, rows);
    for (int64_t r = 0; r < rows; ++r) {
      std::ranges::copy(normalised.row(part[static_cast<std::size_t>(r)].token),
                        input.row(r).begin());
    }
    const auto inner = s.inner.view().rows(0, rows);
    const auto output = s.output.view().rows(0, rows);
    expert_weights_.activate(a_.feed_forward.activation, input, inner);
    expert_weights_.down.apply(inner, output);
    for (int64_t r = 0; r < rows; ++r) {
      const Assignment& to = part[static_cast<std::size_t>(r)];
      const auto sum = hidden.view().row(to.token);
      for (std::size_t c = 0; c < sum.size(); ++c) {
        sum[c] += to.weight * output.row(r)[c];
      }
    }
    const int64_t span = part.back().token - part.front().token + 1;
    hidden.release(part.front().token, span);
    normalised_.release(part.front().token, span);
  });
}

}  // namespace aqua::model
