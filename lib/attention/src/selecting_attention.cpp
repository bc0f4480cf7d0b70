// Exact attention over chosen tokens. Whole blocks of proxy scores and of exact logits are computed
// as matrix products, which is faster here than gathering the chosen keys of each query; the
// results are those of gathering.
#include <cmath>
#include <numeric>

#include "aqua/linalg/blas.hpp"
#include "aqua/ops/softmax.hpp"
#include "drivers.hpp"

namespace aqua::attention {
namespace {

class SelectingAttention final : public Attention {
 public:
  SelectingAttention(std::unique_ptr<ScoreModel> proxy, TokenBudget budget)
      : proxy_(std::move(proxy)), budget_(budget) {}

  void run(const AttentionInput& input, MatrixView<float> out) const override {
    const int64_t tokens = input.q.tokens();
    const int64_t group = input.q.heads() / input.k.heads();
    const auto block_size = static_cast<std::size_t>(std::min(query_block, tokens) * tokens);
    std::vector<float> proxy_buffer(block_size);
    std::vector<float> weight_buffer(block_size);
    std::vector<float> sums(static_cast<std::size_t>(query_block));
    Scratch scratch;
    for (int64_t g = 0; g < input.k.heads(); ++g) {
      const auto head = proxy_->prepare(input, g);
      BlockLogits proxy_logits(input, *head);
      for_each_block(tokens, input.rule, [&](const Block& block) {
        const MatrixView<float> proxy(proxy_buffer.data(), block.queries, block.keys);
        const MatrixView<float> weights(weight_buffer.data(), block.queries, block.keys);
        for (int64_t h = g * group; h < (g + 1) * group; ++h) {
          proxy_logits.compute(block, h, proxy);
          linalg::gemm(linalg::Op::none, linalg::Op::transpose, input.rule.scale,
                       input.q.head(h).rows(block.first_query, block.queries),
                       input.k.head(g).rows(block.first_key, block.keys), 0.0F, weights);
          for (int64_t r = 0; r < block.queries; ++r) {
            sums[static_cast<std::size_t>(r)] =
                attend_chosen(input.rule, block, r, proxy.row(r), weights.row(r), scratch);
          }
          finish(input, block, h, weights, sums, output_of(input, block, h, out));
        }
      });
    }
  }

 private:
  struct Scratch {
    std::vector<int32_t> chosen;
    std::vector<float> logits;
  };

  // Chooses columns of the row by their proxy scores; replaces the row's logits by exponentials
  // there and zero elsewhere, and returns their sum.
  float attend_chosen(const LogitRule& rule, const Block& block, int64_t r,
                      std::span<const float> proxy, std::span<float> row, Scratch& scratch) const {
    const int64_t begin = block.begin(rule, r);
    const int64_t end = block.end(r);
    const int64_t seen = end - begin;
    const int64_t recent = std::min(seen, share_of(budget_.recent, seen));
    const int64_t older = seen - recent;
    const int64_t top = std::min(older, std::max<int64_t>(1, share_of(budget_.top, seen)));
    auto& chosen = scratch.chosen;
    chosen.resize(static_cast<std::size_t>(older));
    std::iota(chosen.begin(), chosen.end(), static_cast<int32_t>(begin));
    if (top < older) {
      const auto better = [&](int32_t a, int32_t b) {
        return proxy[a] != proxy[b] ? proxy[a] > proxy[b] : a < b;
      };
      std::nth_element(chosen.begin(), chosen.begin() + top, chosen.end(), better);
      chosen.resize(static_cast<std::size_t>(top));
      std::ranges::sort(chosen);
    }
    for (int64_t c = end - recent; c < end; ++c) chosen.push_back(static_cast<int32_t>(c));

    scratch.logits.clear();
    for (const int32_t c : chosen) scratch.logits.push_back(row[c]);
    const float sum = ops::exponentials(scratch.logits, rule.softcap);
    std::ranges::fill(row, 0.0F);
    for (std::size_t i = 0; i < chosen.size(); ++i) row[chosen[i]] = scratch.logits[i];
    return sum;
  }

  std::unique_ptr<ScoreModel> proxy_;
  TokenBudget budget_;
};

}  // namespace

int64_t share_of(double ratio, int64_t n) {
  return static_cast<int64_t>(std::floor(ratio * static_cast<double>(n) + 0.5));
}

std::unique_ptr<Attention> make_selecting_attention(std::unique_ptr<ScoreModel> proxy,
                                                    TokenBudget budget) {
  return std::make_unique<SelectingAttention>(std::move(proxy), budget);
}

}  // namespace aqua::attention
