// From logits to what is kept of each predicted token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/analysis/perplexity.hpp"
#include "aqua/core/matrix.hpp"

namespace aqua::analysis {

/// Scores one row of logits per attention, exact attention's first, for one predicted token.
class RowScorer {
 public:
  /// Writes element `token` of every attention's scores.
  void score(std::span<const ConstMatrixView<float>> logits, int64_t row, int32_t target,
             int64_t token, std::span<TokenScores> scores);

 private:
  std::vector<float> exact_;  // exponentials of the exact logits less their maximum
  std::vector<float> scratch_;
};

}  // namespace aqua::analysis
