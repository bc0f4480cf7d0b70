// Ways to score keys for a query. What is then done with the scores (softmax over all of them, over
// the best ones, over those not evicted) is the business of drivers.hpp; a variant is a score model
// put into a driver.
#pragma once

#include <memory>

#include "aqua/attention/attention.hpp"
#include "aqua/core/matrix.hpp"
#include "blocks.hpp"

namespace aqua::attention {

/// Scores of one KV head and its group of query heads, over one sequence: q'·k' of mapped vectors.
class HeadScores {
 public:
  virtual ~HeadScores() = default;
  /// Mapped keys of the sequence, [T, r].
  virtual ConstMatrixView<float> keys() const = 0;
  /// Mapped queries: q [n, d] → mapped [n, r].
  virtual void map_queries(ConstMatrixView<float> q, MatrixView<float> mapped) const = 0;

  /// Some methods keep the latest keys as they are. Query i scores keys from recent_from(i) on by
  /// the keys [T, ·] of recent_keys(): times q itself, or times the mapped query.
  struct RecentKeys {
    ConstMatrixView<float> keys;
    bool mapped_queries = false;
  };
  virtual RecentKeys recent_keys() const { return {}; }
  /// i + 1: there are none.
  virtual int64_t recent_from(int64_t query) const { return query + 1; }
};

/// Immutable, and safe to use from several threads.
class ScoreModel {
 public:
  virtual ~ScoreModel() = default;
  /// `input` lives as long as the result.
  virtual std::unique_ptr<HeadScores> prepare(const AttentionInput& input,
                                              int64_t kv_head) const = 0;
};

/// The dot products themselves.
std::unique_ptr<ScoreModel> make_exact_scores();

/// Computes the block's logits before the soft cap, scale·q'·k', for one query head at a time,
/// reusing memory.
class BlockLogits {
 public:
  BlockLogits(const AttentionInput& input, const HeadScores& scores);
  /// out [queries, keys].
  void compute(const Block& block, int64_t query_head, MatrixView<float> out);

 private:
  const AttentionInput& input_;
  const HeadScores& scores_;
  Matrix<float> mapped_;  // [query_block, r]
  Matrix<float> recent_;  // [query_block, keys], made when there are recent keys
};

}  // namespace aqua::attention
