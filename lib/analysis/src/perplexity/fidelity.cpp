#include "aqua/analysis/fidelity.hpp"

#include <algorithm>
#include <cmath>

#include "aqua/linalg/blas.hpp"
#include "aqua/ops/softmax.hpp"

namespace aqua::analysis {

namespace {

/// One query's exact weights and the variant's over the keys that it sees.
void add_row(std::span<const float> exact, std::span<const float> weights,
             std::vector<float>& scratch, FidelitySums& sums) {
  int64_t attended = 0;
  double mass = 0.0;
  double variation = 0.0;
  for (std::size_t j = 0; j < exact.size(); ++j) {
    attended += weights[j] > 0.0F ? 1 : 0;
    mass += weights[j] > 0.0F ? static_cast<double>(exact[j]) : 0.0;
    variation += std::abs(static_cast<double>(exact[j]) - static_cast<double>(weights[j]));
  }
  // The n-th largest exact weight: attended keys that reach it are hits, ties included.
  int64_t hits = attended;
  if (attended < std::ssize(exact) && attended > 0) {
    scratch.assign(exact.begin(), exact.end());
    const auto nth = scratch.begin() + (attended - 1);
    std::nth_element(scratch.begin(), nth, scratch.end(), std::greater<>());
    const float threshold = *nth;
    hits = 0;
    for (std::size_t j = 0; j < exact.size(); ++j) {
      hits += weights[j] > 0.0F && exact[j] >= threshold ? 1 : 0;
    }
  }
  sums.attended_share += static_cast<double>(attended) / static_cast<double>(exact.size());
  sums.hit_rate += attended > 0 ? static_cast<double>(hits) / static_cast<double>(attended) : 0.0;
  sums.exact_mass += std::min(1.0, mass);
  sums.total_variation += 0.5 * variation;
  ++sums.queries;
}

double squared_norm(ConstMatrixView<float> x) {
  double sum = 0.0;
  for (int64_t r = 0; r < x.rows(); ++r) {
    for (const float value : x.row(r)) sum += static_cast<double>(value) * value;
  }
  return sum;
}

/// Exact weights of the block's queries, [queries, keys]; zero where a query does not look.
Matrix<float> exact_weights(const attention::WeightsBlock& block) {
  const attention::AttentionInput& input = block.input;
  const int64_t group = input.q.heads() / input.k.heads();
  Matrix<float> weights(block.weights.rows(), block.weights.cols());
  linalg::gemm(linalg::Op::none, linalg::Op::transpose, input.rule.scale,
               input.q.head(block.query_head).rows(block.first_query, weights.rows()),
               input.k.head(block.query_head / group).rows(block.first_key, weights.cols()), 0.0F,
               weights);
  for (int64_t r = 0; r < weights.rows(); ++r) {
    const int64_t query = block.first_query + r;
    const auto begin = static_cast<std::size_t>(input.rule.first_key(query) - block.first_key);
    const auto end = static_cast<std::size_t>(query + 1 - block.first_key);
    const auto row = weights.row(r);
    std::ranges::fill(row.first(begin), 0.0F);
    std::ranges::fill(row.subspan(end), 0.0F);
    ops::softmax_capped(row.subspan(begin, end - begin), input.rule.softcap);
  }
  return weights;
}

FidelitySums compare_with_exact(const attention::WeightsBlock& block, int64_t first_counted) {
  FidelitySums sums;
  const int64_t skipped =
      std::clamp<int64_t>(first_counted - block.first_query, 0, block.weights.rows());
  const int64_t counted = block.weights.rows() - skipped;
  if (counted == 0) return sums;
  const attention::AttentionInput& input = block.input;
  Matrix<float> exact = exact_weights(block);
  std::vector<float> scratch;
  for (int64_t r = skipped; r < exact.rows(); ++r) {
    const int64_t query = block.first_query + r;
    const auto begin = static_cast<std::size_t>(input.rule.first_key(query) - block.first_key);
    const auto count = static_cast<std::size_t>(query + 1 - block.first_key) - begin;
    add_row(exact.row(r).subspan(begin, count), block.weights.row(r).subspan(begin, count), scratch,
            sums);
  }

  const int64_t group = input.q.heads() / input.k.heads();
  const auto v = input.v.head(block.query_head / group).rows(block.first_key, exact.cols());
  Matrix<float> output(counted, v.cols());
  const auto rows = exact.view().rows(skipped, counted);
  linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, rows, v, 0.0F, output);
  sums.squared_output = squared_norm(output);
  for (int64_t r = 0; r < counted; ++r) {
    const auto weights = block.weights.row(skipped + r);
    for (std::size_t j = 0; j < weights.size(); ++j) rows.row(r)[j] -= weights[j];
  }
  linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, rows, v, 0.0F, output);
  sums.squared_difference = squared_norm(output);
  return sums;
}

}  // namespace

void FidelitySums::add(const FidelitySums& other) {
  attended_share += other.attended_share;
  hit_rate += other.hit_rate;
  exact_mass += other.exact_mass;
  total_variation += other.total_variation;
  squared_difference += other.squared_difference;
  squared_output += other.squared_output;
  queries += other.queries;
}

FidelityMeter::FidelityMeter(std::span<const SequenceInfo> sequences, int64_t layers,
                             int64_t query_heads)
    : query_heads_(query_heads) {
  for (const SequenceInfo& sequence : sequences) {
    first_counted_.push_back(sequence.first_counted);
    sums_.emplace_back(layers * query_heads);
  }
}

void FidelityMeter::observe(const attention::WeightsBlock& block) {
  const int64_t s = block.input.sequence;
  sums_[s][block.input.layer.value * query_heads_ + block.query_head].add(
      compare_with_exact(block, first_counted_[s]));
}

Fidelity mean_fidelity(std::span<const std::vector<FidelitySums>> sequences) {
  std::vector<FidelitySums> heads;
  for (const auto& sequence : sequences) {
    heads.resize(sequence.size());
    for (std::size_t h = 0; h < sequence.size(); ++h) heads[h].add(sequence[h]);
  }
  Fidelity mean;
  double defined = 0.0;
  for (const FidelitySums& sums : heads) {
    if (sums.queries == 0) continue;
    defined += 1.0;
    const auto queries = static_cast<double>(sums.queries);
    mean.queries = sums.queries;
    mean.attended_share += sums.attended_share / queries;
    mean.hit_rate += sums.hit_rate / queries;
    mean.exact_mass += sums.exact_mass / queries;
    mean.total_variation += sums.total_variation / queries;
    mean.output_error +=
        sums.squared_output > 0.0 ? std::sqrt(sums.squared_difference / sums.squared_output) : 0.0;
  }
  for (double* value : {&mean.attended_share, &mean.hit_rate, &mean.exact_mass,
                        &mean.total_variation, &mean.output_error}) {
    *value /= std::max(1.0, defined);
  }
  return mean;
}

}  // namespace aqua::analysis
