// How near a variant's attention is to exact attention on the same queries, keys and values.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
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

/// Watches one attention's weights. Exact weights are computed here from the same queries and keys,
/// which costs as much as exact attention again. Equal results for every thread count.
class FidelityMeter final : public attention::WeightsObserver {
 public:
  /// The sequences of the pass it will watch.
  explicit FidelityMeter(std::span<const SequenceInfo> sequences);
  ~FidelityMeter() override;
  /// Sequence numbers of what is observed from now on are relative to this one.
  void set_first_sequence(int64_t sequence);
  void observe(const attention::WeightsBlock& block) override;
  Fidelity result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aqua::analysis
