// A mixture of experts over the tokens of all sequences.
#pragma once

#include <vector>

#include "aqua/core/execution.hpp"
#include "architecture.hpp"
#include "hidden_states.hpp"
#include "layer_weights.hpp"
#include "weight_reader.hpp"

namespace aqua::model {

/// Routes all tokens first and then takes expert by expert, so that each expert's weights are
/// converted once and only one expert is held in compute type. Memory besides that: the normalised
/// hidden states [tokens, hidden], which leave memory when hidden states do, and the chosen
/// experts.
class ExpertMixture {
 public:
  /// Matrices of hidden states in a pass with experts: the pass's own, and the normalised ones
  /// here.
  static constexpr int64_t hidden_matrices = 2;
  /// Tokens of an expert that pass through it at once: the unit of parallel work.
  static constexpr int64_t rows_at_once = 256;

  ExpertMixture(const Architecture& architecture, const WeightReader& weights, int64_t tokens,
                const ComputeSettings& compute, int workers);

  /// hidden += mixture(norm(hidden)), hidden [tokens, hidden_size]. Each token's experts are added
  /// in order of their numbers.
  void run(LayerIndex layer, const LayerWeights& weights, HiddenStates& hidden,
           const Execution& execution);

 private:
  struct Assignment {
    int64_t token = 0;
    float weight = 0.0F;
  };
  struct Scratch {
    Matrix<float> input;   // [rows at once, hidden]
    Matrix<float> inner;   // [rows at once, size]
    Matrix<float> output;  // [rows at once, hidden]
    Matrix<float> router;  // [rows at once, experts]
  };
  void route(LayerIndex layer, const LayerWeights& weights, HiddenStates& hidden,
             const Execution& execution);
  void choose(int64_t token, std::span<float> logits);
  void run_expert(std::span<const Assignment> assigned, HiddenStates& hidden,
                  const Execution& execution);

  const Architecture& a_;
  const WeightReader& reader_;
  HiddenStates normalised_;            // [tokens, hidden]
  std::vector<int32_t> chosen_;        // [tokens, per_token]
  std::vector<float> probabilities_;   // [tokens, per_token]
  std::vector<Scratch> scratch_;       // one per worker
  FeedForwardWeights expert_weights_;  // of the expert at hand
};

}  // namespace aqua::model
