// Exact causal attention over a whole sequence, in blocks of queries.
//
// For each block of query rows [first, last) of one head only keys [0, last) are touched, so about
// half of the T×T products are never computed, and the weights of one block, [block, last] floats,
// are all that is held. Both products are BLAS calls on strided views of q, k and v; dividing by
// the softmax sum is left to the output rows, which are shorter than the weight rows.
#include <algorithm>
#include <vector>

#include "aqua/attention/attention.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/ops/softmax.hpp"
#include "drivers.hpp"

namespace aqua::attention {
namespace {

// Rows of queries per block: large enough for efficient products, small enough that at 2048 tokens
// a block of weights (1 MB) stays in the second-level cache.
constexpr int64_t query_block = 128;

class ExactAttention final : public Attention {
 public:
  void run(const AttentionInput& input, MatrixView<float> out) const override {
    if (input.observer != nullptr) return watched_->run(input, out);
    const int64_t tokens = input.q.tokens();
    const int64_t head_dim = input.q.head_dim();
    const int64_t group = input.q.heads() / input.k.heads();
    std::vector<float> buffer(static_cast<std::size_t>(std::min(query_block, tokens) * tokens));
    for (int64_t first = 0; first < tokens; first += query_block) {
      const int64_t rows = std::min(query_block, tokens - first);
      const int64_t first_key = input.rule.first_key(first);
      const int64_t keys = first + rows - first_key;
      const MatrixView<float> weights(buffer.data(), rows, keys);
      for (int64_t h = 0; h < input.q.heads(); ++h) {
        const auto k = input.k.head(h / group).rows(first_key, keys);
        const auto v = input.v.head(h / group).rows(first_key, keys);
        const auto o = out.columns(h * head_dim, head_dim).rows(first, rows);
        linalg::gemm(linalg::Op::none, linalg::Op::transpose, input.rule.scale,
                     input.q.head(h).rows(first, rows), k, 0.0F, weights);
        attend(input.rule, first, first_key, weights, v, o);
      }
    }
  }

 private:
  // The same attention in whole rows of weights, for those who want to see them.
  std::unique_ptr<Attention> watched_ = make_scored_attention(make_exact_scores());

  // Logits of queries [first, …) over keys [first_key, …) to outputs. Overwrites the logits.
  static void attend(const LogitRule& rule, int64_t first, int64_t first_key,
                     MatrixView<float> weights, ConstMatrixView<float> v, MatrixView<float> out) {
    std::vector<float> sums(static_cast<std::size_t>(weights.rows()));
    for (int64_t r = 0; r < weights.rows(); ++r) {
      const auto row = weights.row(r);
      const auto begin = static_cast<std::size_t>(rule.first_key(first + r) - first_key);
      const auto end = static_cast<std::size_t>(first + r + 1 - first_key);
      std::fill(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(begin), 0.0F);
      std::fill(row.begin() + static_cast<std::ptrdiff_t>(end), row.end(), 0.0F);
      sums[static_cast<std::size_t>(r)] =
          ops::exponentials(row.subspan(begin, end - begin), rule.softcap);
    }
    linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, weights, v, 0.0F, out);
    for (int64_t r = 0; r < out.rows(); ++r) {
      const float inverse = 1.0F / sums[static_cast<std::size_t>(r)];
      for (float& value : out.row(r)) value *= inverse;
    }
  }
};

}  // namespace

std::unique_ptr<Attention> make_exact_attention() { return std::make_unique<ExactAttention>(); }

}  // namespace aqua::attention
