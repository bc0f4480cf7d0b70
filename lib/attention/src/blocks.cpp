#include "blocks.hpp"

#include "aqua/linalg/blas.hpp"
#include "aqua/ops/softmax.hpp"

namespace aqua::attention {

void exponentiate(const LogitRule& rule, const Block& block, MatrixView<float> logits,
                  std::span<float> sums) {
  for (int64_t r = 0; r < block.queries; ++r) {
    const auto row = logits.row(r);
    const auto begin = static_cast<std::size_t>(block.begin(rule, r));
    const auto end = static_cast<std::size_t>(block.end(r));
    std::ranges::fill(row.first(begin), 0.0F);
    std::ranges::fill(row.subspan(end), 0.0F);
    sums[static_cast<std::size_t>(r)] =
        ops::exponentials(row.subspan(begin, end - begin), rule.softcap);
  }
}

void finish(const AttentionInput& input, const Block& block, int64_t query_head,
            MatrixView<float> weights, std::span<const float> sums, MatrixView<float> out) {
  const int64_t kv_head = query_head / (input.q.heads() / input.k.heads());
  linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, weights,
               input.v.head(kv_head).rows(block.first_key, block.keys), 0.0F, out);
  for (int64_t r = 0; r < block.queries; ++r) {
    const float inverse = 1.0F / sums[static_cast<std::size_t>(r)];
    for (float& value : out.row(r)) value *= inverse;
  }
  if (input.observer == nullptr) return;
  for (int64_t r = 0; r < block.queries; ++r) {
    const float inverse = 1.0F / sums[static_cast<std::size_t>(r)];
    for (float& value : weights.row(r)) value *= inverse;
  }
  input.observer->observe({input, query_head, block.first_query, block.first_key, weights});
}

}  // namespace aqua::attention
