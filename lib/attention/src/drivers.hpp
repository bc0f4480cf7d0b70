// What is done with scores.
#pragma once

#include <memory>

#include "aqua/attention/attention.hpp"
#include "scores.hpp"

namespace aqua::attention {

/// softmax over all keys that a query sees, with the model's scores in place of dot products.
std::unique_ptr<Attention> make_scored_attention(std::unique_ptr<ScoreModel> scores);

/// Budgets of a query that sees n keys: round-half-up(ratio·n) tokens.
struct TokenBudget {
  double top = 1.0;     ///< of best score, at least 1 token
  double recent = 0.0;  ///< the last ones, chosen besides the best
};

/// Each query chooses the visible keys of best proxy score, and the last ones; then exact attention
/// over the chosen ones. Ties go to the earlier key. Proxy scores are dot products: scale and soft
/// cap are increasing functions (the scale is positive) and change no choice.
std::unique_ptr<Attention> make_selecting_attention(std::unique_ptr<ScoreModel> proxy,
                                                    TokenBudget budget);

/// Budgets of a sequence of T tokens: round-half-up(ratio·T) keys, at least one recent.
struct CacheBudget {
  double recent = 0.1;
  double heavy = 0.1;
};

/// H2O: a cache of recent keys and heavy hitters, see variants/h2o.cpp. Weights and eviction both
/// use the model's scores.
std::unique_ptr<Attention> make_evicting_attention(std::unique_ptr<ScoreModel> scores,
                                                   CacheBudget budget);

/// round-half-up(ratio·n).
int64_t share_of(double ratio, int64_t n);

}  // namespace aqua::attention
