#include "scores.hpp"

#include "aqua/linalg/blas.hpp"

namespace aqua::attention {
namespace {

class ExactHeadScores final : public HeadScores {
 public:
  explicit ExactHeadScores(ConstMatrixView<float> keys) : keys_(keys) {}
  ConstMatrixView<float> keys() const override { return keys_; }
  void map_queries(ConstMatrixView<float> q, MatrixView<float> mapped) const override {
    for (int64_t r = 0; r < q.rows(); ++r) std::ranges::copy(q.row(r), mapped.row(r).begin());
  }

 private:
  ConstMatrixView<float> keys_;
};

class ExactScores final : public ScoreModel {
 public:
  std::unique_ptr<HeadScores> prepare(const AttentionInput& input, int64_t kv_head) const override {
    return std::make_unique<ExactHeadScores>(input.k.head(kv_head));
  }
};

}  // namespace

std::unique_ptr<ScoreModel> make_exact_scores() { return std::make_unique<ExactScores>(); }

BlockLogits::BlockLogits(const AttentionInput& input, const HeadScores& scores)
    : input_(input),
      scores_(scores),
      mapped_(std::min(query_block, input.q.tokens()), scores.keys().cols()) {}

void BlockLogits::compute(const Block& block, int64_t query_head, MatrixView<float> out) {
  using linalg::Op;
  const auto q = input_.q.head(query_head).rows(block.first_query, block.queries);
  const auto mapped = mapped_.view().rows(0, block.queries);
  scores_.map_queries(q, mapped);
  linalg::gemm(Op::none, Op::transpose, input_.rule.scale, mapped,
               scores_.keys().rows(block.first_key, block.keys), 0.0F, out);

  // Recent keys are the last ones that a query sees: one product over the columns that are recent
  // to any query of the block.
  const auto first_recent = [&](int64_t r) {
    return std::max<int64_t>(0, scores_.recent_from(block.first_query + r) - block.first_key);
  };
  int64_t first_column = block.keys;
  for (int64_t r = 0; r < block.queries; ++r) {
    if (first_recent(r) < block.end(r)) first_column = std::min(first_column, first_recent(r));
  }
  const int64_t columns = block.keys - first_column;
  if (columns == 0) return;
  if (recent_.cols() < columns) recent_ = Matrix<float>(mapped_.rows(), columns);
  const MatrixView<float> recent(recent_.data(), block.queries, columns, recent_.cols());
  const HeadScores::RecentKeys source = scores_.recent_keys();
  linalg::gemm(Op::none, Op::transpose, input_.rule.scale,
               source.mapped_queries ? ConstMatrixView<float>(mapped) : q,
               source.keys.rows(block.first_key + first_column, columns), 0.0F, recent);
  for (int64_t r = 0; r < block.queries; ++r) {
    for (int64_t c = std::max(first_recent(r), first_column); c < block.end(r); ++c) {
      out(r, c) = recent(r, c - first_column);
    }
  }
}

}  // namespace aqua::attention
