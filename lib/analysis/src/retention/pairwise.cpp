#include "retention/pairwise.hpp"

#include <algorithm>
#include <numeric>

#include "aqua/linalg/blas.hpp"
#include "aqua/projection/selection.hpp"

namespace aqua::analysis {
namespace {

using linalg::Op;

// Rows in a block: enough for the products to run at full speed, few enough that queries at the
// block's start do not compute many logits of keys that only its end sees.
constexpr int64_t block_rows = 64;

// The leading part of a scratch matrix as a dense matrix of the block's shape.
MatrixView<float> dense(Matrix<float>& scratch, int64_t rows, int64_t cols) {
  return {scratch.data(), rows, cols};
}

}  // namespace

PairBasis prepare_pairs(const RotatedGroup& rotated, int64_t first_setting, bool orthogonal) {
  PairBasis basis;
  basis.rotated = &rotated;
  basis.first_setting = first_setting;
  if (!orthogonal) return basis;
  const Matrix<float>& key = rotated.key;
  basis.key_squares = Matrix<float>(key.rows(), key.cols());
  basis.key_inverse_energy.resize(key.rows());
  for (int64_t j = 0; j < key.rows(); ++j) {
    std::transform(key.row(j).begin(), key.row(j).end(), basis.key_squares.row(j).begin(),
                   [](float x) { return x * x; });
    const auto energy = static_cast<float>(sum_of_squares(key.row(j)));
    basis.key_inverse_energy[j] = energy > 0.0F ? 1.0F / energy : 0.0F;
  }
  return basis;
}

PairwiseMeter::PairwiseMeter(const PairTask& task, int64_t group_size, int64_t tokens,
                             int64_t head_dim)
    : task_(task),
      group_size_(group_size),
      block_queries_(std::max<int64_t>(1, block_rows / group_size)) {
  block_queries_ = std::min(block_queries_, std::ssize(task.queries));
  const int64_t rows = block_queries_ * group_size;
  query_ = Matrix<float>(rows, head_dim);
  selected_ = Matrix<float>(rows, head_dim);
  mask_ = Matrix<float>(rows, head_dim);
  select_scratch_.resize(head_dim);
  exact_logits_ = Matrix<float>(rows, tokens);
  exact_weights_ = Matrix<float>(rows, tokens);
  exact_output_ = Matrix<float>(rows, head_dim);
  exact_.resize(rows);
  seen_keys_.resize(rows);
  weights_ = Matrix<float>(rows, tokens);
  output_ = Matrix<float>(rows, head_dim);
  key_energy_ = Matrix<float>(rows, tokens);
}

PairwiseMeter::Block PairwiseMeter::block_at(int64_t first) const {
  Block block{.first = first};
  block.count = std::min(block_queries_, std::ssize(task_.queries) - first);
  block.first_key = task_.rule.first_key(task_.queries[first]);
  block.keys = task_.queries[first + block.count - 1] + 1 - block.first_key;
  block.rows = group_size_ * block.count;
  return block;
}

PairwiseMeter::VisibleKeys PairwiseMeter::visible(const Block& block, int64_t row) const {
  const int64_t i = query(block, row);
  const int64_t first = task_.rule.first_key(i);
  return {.first = first - block.first_key, .count = i + 1 - first};
}

void PairwiseMeter::measure(const GroupVectors& vectors, std::span<const int64_t> kept,
                            std::span<const PairBasis> bases, std::span<const uint8_t> key_nonzero,
                            int64_t first_query_head, MatrixView<double> sums) {
  for (int64_t first = 0; first < std::ssize(task_.queries); first += block_queries_) {
    const Block block = block_at(first);
    measure_exact(block, vectors, key_nonzero, first_query_head, sums);
    for (const PairBasis& basis : bases) {
      measure_basis(block, vectors, kept, basis, first_query_head, sums);
    }
  }
}

void PairwiseMeter::measure_exact(const Block& block, const GroupVectors& vectors,
                                  std::span<const uint8_t> key_nonzero, int64_t first_query_head,
                                  MatrixView<double> sums) {
  const auto queries = query_.view().rows(0, block.rows);
  for (int64_t row = 0; row < block.rows; ++row) {
    const auto from = vectors.query.head(row / block.count).row(query(block, row));
    std::copy(from.begin(), from.end(), queries.row(row).begin());
  }
  const auto logits = dense(exact_logits_, block.rows, block.keys);
  const auto weights = dense(exact_weights_, block.rows, block.keys);
  linalg::gemm(Op::none, Op::transpose, task_.rule.scale, queries,
               vectors.key.rows(block.first_key, block.keys), 0.0F, logits);
  std::fill_n(weights.data(), block.rows * block.keys, 0.0F);
  for (int64_t row = 0; row < block.rows; ++row) {
    const VisibleKeys keys = visible(block, row);
    const auto seen = logits.row(row).subspan(keys.first, keys.count);
    apply_softcap(seen, task_.rule.softcap);
    exact_[row] = exact_row(seen, weights.row(row).subspan(keys.first, keys.count));

    const auto nonzero = key_nonzero.subspan(block.first_key + keys.first, keys.count);
    seen_keys_[row] = static_cast<double>(std::count(nonzero.begin(), nonzero.end(), 1));

    const int64_t head = first_query_head + row / block.count;
    const auto totals = sums.row(document(block, row));
    totals[task_.layout.total(Total::sampled_queries, head)] += 1.0;
    totals[task_.layout.total(Total::key_pairs, head)] += seen_keys_[row];
    totals[task_.layout.total(Total::logit_energy, head)] += sum_of_squares(seen);
  }
  if (vectors.value.empty()) return;
  const auto output = exact_output_.view().rows(0, block.rows);
  linalg::gemm(Op::none, Op::none, 1.0F, weights, vectors.value.rows(block.first_key, block.keys),
               0.0F, output);
  for (int64_t row = 0; row < block.rows; ++row) {
    const int64_t head = first_query_head + row / block.count;
    sums(document(block, row), task_.layout.total(Total::output_energy, head)) +=
        sum_of_squares(output.row(row));
  }
}

void PairwiseMeter::measure_basis(const Block& block, const GroupVectors& vectors,
                                  std::span<const int64_t> kept, const PairBasis& basis,
                                  int64_t first_query_head, MatrixView<double> sums) {
  const int64_t counted = std::ssize(task_.documents);
  const auto queries = query_.view().rows(0, block.rows);
  for (int64_t row = 0; row < block.rows; ++row) {
    const int64_t head = row / block.count;
    const auto from =
        basis.rotated->query.row(head * counted + query(block, row) - task_.first_counted);
    std::copy(from.begin(), from.end(), queries.row(row).begin());
  }
  const auto keys = basis.rotated->key.view().rows(block.first_key, block.keys);
  const auto logits = dense(weights_, block.rows, block.keys);
  for (int64_t ratio = 0; ratio < std::ssize(kept); ++ratio) {
    const int64_t k = kept[ratio];
    const int64_t fixed = basis.first_setting + case_index(ratio, Selection::fixed);
    linalg::gemm(Op::none, Op::transpose, task_.rule.scale, queries.columns(0, k),
                 keys.columns(0, k), 0.0F, logits);
    compare(block, vectors.value, fixed, first_query_head, sums);

    const int64_t dynamic = basis.first_setting + case_index(ratio, Selection::dynamic);
    select(block, k);
    linalg::gemm(Op::none, Op::transpose, task_.rule.scale, selected_.view().rows(0, block.rows),
                 keys, 0.0F, logits);
    compare(block, vectors.value, dynamic, first_query_head, sums);
    if (!basis.key_squares.empty()) {
      measure_key_losses(block, basis, dynamic, first_query_head, sums);
    }
  }
}

void PairwiseMeter::select(const Block& block, int64_t k) {
  for (int64_t row = 0; row < block.rows; ++row) {
    projection::select_largest(query_.row(row), k, mask_.row(row), select_scratch_);
    std::transform(query_.row(row).begin(), query_.row(row).end(), mask_.row(row).begin(),
                   selected_.row(row).begin(), std::multiplies<>());
  }
}

void PairwiseMeter::compare(const Block& block, ConstMatrixView<float> value, int64_t setting,
                            int64_t first_query_head, MatrixView<double> sums) {
  const auto weights = dense(weights_, block.rows, block.keys);
  for (int64_t row = 0; row < block.rows; ++row) {
    const VisibleKeys keys = visible(block, row);
    const auto all = weights.row(row);
    const auto seen = all.subspan(keys.first, keys.count);
    apply_softcap(seen, task_.rule.softcap);
    const RowDifference difference = compare_row(exact_[row], seen);
    std::fill(all.begin(), seen.begin(), 0.0F);
    std::fill(seen.end(), all.end(), 0.0F);

    const int64_t head = first_query_head + row / block.count;
    const auto to = sums.row(document(block, row));
    to[task_.layout.sum(setting, Measure::logit_error, head)] += difference.logit_error;
    to[task_.layout.sum(setting, Measure::total_variation, head)] += difference.total_variation;
    to[task_.layout.sum(setting, Measure::kl_divergence, head)] += difference.kl_divergence;
    to[task_.layout.sum(setting, Measure::top1_agreement, head)] += difference.same_top ? 1.0 : 0.0;
  }
  if (value.empty()) return;
  const auto output = output_.view().rows(0, block.rows);
  linalg::gemm(Op::none, Op::none, 1.0F, weights, value.rows(block.first_key, block.keys), 0.0F,
               output);
  for (int64_t row = 0; row < block.rows; ++row) {
    const int64_t head = first_query_head + row / block.count;
    sums(document(block, row), task_.layout.sum(setting, Measure::output_error, head)) +=
        squared_distance(exact_output_.row(row), output.row(row));
  }
}

void PairwiseMeter::measure_key_losses(const Block& block, const PairBasis& basis, int64_t setting,
                                       int64_t first_query_head, MatrixView<double> sums) {
  // Row (query) times column (key): Σ_c mask_c·k̂_c², the key's energy in the query's set.
  const auto energy = dense(key_energy_, block.rows, block.keys);
  linalg::gemm(Op::none, Op::transpose, 1.0F, mask_.view().rows(0, block.rows),
               basis.key_squares.view().rows(block.first_key, block.keys), 0.0F, energy);
  const std::span<const float> inverse = basis.key_inverse_energy;
  for (int64_t row = 0; row < block.rows; ++row) {
    const VisibleKeys keys = visible(block, row);
    const RetainedShares shares =
        retained_shares(energy.row(row).subspan(keys.first, keys.count),
                        inverse.subspan(block.first_key + keys.first, keys.count));
    const int64_t head = first_query_head + row / block.count;
    const auto to = sums.row(document(block, row));
    to[task_.layout.sum(setting, Measure::key_loss, head)] += seen_keys_[row] - shares.norm;
    to[task_.layout.sum(setting, Measure::key_energy_loss, head)] +=
        seen_keys_[row] - shares.energy;
  }
}

}  // namespace aqua::analysis
