// What is kept of each predicted token.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/core/matrix.hpp"

namespace aqua::analysis {

/// Under one attention; [predicted token].
struct TokenScores {
  std::vector<double> nats;     ///< −ln p(token)
  std::vector<float> kl;        ///< KL(exact ‖ this) of the distribution that it is drawn from
  std::vector<uint8_t> agrees;  ///< 1: the most likely token is the same as exact attention's

  explicit TokenScores(int64_t tokens)
      : nats(static_cast<std::size_t>(tokens)),
        kl(static_cast<std::size_t>(tokens)),
        agrees(static_cast<std::size_t>(tokens)) {}
};

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
