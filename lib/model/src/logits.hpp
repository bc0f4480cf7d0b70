// Hidden states of the last layer to next-token logits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/matrix.hpp"
#include "aqua/model/model.hpp"
#include "architecture.hpp"
#include "layer_weights.hpp"
#include "weight_reader.hpp"

namespace aqua::model {

struct LogitsInput {
  ConstMatrixView<float> hidden;     ///< [tokens, hidden] of all sequences under all attentions
  std::span<const int64_t> offsets;  ///< [attentions·sequences + 1] first row of each
  int64_t attentions = 1;            ///< sequence s under attention a is number a·sequences + s
  const NormWeights& final_norm;     ///< empty: none
  const Architecture& architecture;
  const WeightReader& weights;  ///< of which the output head is read
};

/// Advances the progress by a unit per row of hidden states. Calls `consume` with blocks of logits of every sequence. The output head is converted in tiles
/// of rows, never as a whole; memory per worker is one tile and one block of logits, smaller in
/// tokens when there are more attentions.
void compute_logits(const LogitsInput& input, const LogitsConsumer& consume,
                    const Execution& execution);

}  // namespace aqua::model
