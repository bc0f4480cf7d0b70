// How near a variant's attention is to exact attention on the same queries, keys and values.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "aqua/attention/attention.hpp"
#include "aqua/core/sequence.hpp"

namespace aqua::analysis {

/// Means over layers, query heads and counted queries, each of equal weight. "Attended" keys are
/// those of weight above zero; where a variant attends to all, hit rate and mass are 1.
struct Fidelity {
  double attended_share = 0.0;  ///< attended keys over visible keys
  /// Of the n keys that a query attends to, the share that is among the n of largest exact weight.
  double hit_rate = 0.0;
  double exact_mass = 0.0;  ///< exact weight of the attended keys
  /// ½·Σ_j |p_j − p̃_j|; p: exact weights.
  double total_variation = 0.0;
  double output_error = 0.0;  ///< ‖O − Õ‖_F/‖O‖_F over all queries of a head, O = p·V
  int64_t queries = 0;        ///< per head
};

/// Sums over the counted queries of one sequence, layer and query head.
struct FidelitySums {
  double attended_share = 0.0;
  double hit_rate = 0.0;
  double exact_mass = 0.0;
  double total_variation = 0.0;
  double squared_difference = 0.0;  ///< ‖O − Õ‖²
  double squared_output = 0.0;      ///< ‖O‖²
  int64_t queries = 0;

  void add(const FidelitySums& other);
};

/// Watches one attention's weights. Exact weights are computed here from the same queries and keys,
/// which costs as much as exact attention again. Equal results for every thread count.
class FidelityMeter final : public attention::WeightsObserver {
 public:
  /// The sequences of the pass that it will watch, and the model's layers and query heads.
  FidelityMeter(std::span<const SequenceInfo> sequences, int64_t layers, int64_t query_heads);
  void observe(const attention::WeightsBlock& block) override;

  /// [sequence][layer, query head], moved out.
  std::vector<std::vector<FidelitySums>> take() { return std::move(sums_); }

 private:
  std::vector<int64_t> first_counted_;
  int64_t query_heads_;
  // By sequence, so that threads share nothing and sums have one order.
  std::vector<std::vector<FidelitySums>> sums_;
};

/// From the sums of all sequences, [sequence][layer, query head], in order. Heads without a query
/// are left out.
Fidelity mean_fidelity(std::span<const std::vector<FidelitySums>> sequences);

}  // namespace aqua::analysis
