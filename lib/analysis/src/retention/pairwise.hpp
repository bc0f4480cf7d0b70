// Measures over causal (query, key) pairs of one KV head's group: logits, attention weights,
// outputs, and the keys' losses under the sets that queries choose.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/core/heads.hpp"
#include "retention/document_sums.hpp"
#include "retention/rotation.hpp"
#include "retention/row_measures.hpp"

namespace aqua::analysis {

/// A group's vectors under one basis, with what the pairwise measures need besides.
struct PairBasis {
  const RotatedGroup* rotated = nullptr;
  int64_t first_setting = 0;
  Matrix<float> key_squares;              ///< [T,d] k̂²; empty when key losses are not defined
  std::vector<float> key_inverse_energy;  ///< [T] 1/‖k̂‖², 0 for zero keys
};
PairBasis prepare_pairs(const RotatedGroup& rotated, int64_t first_setting, bool orthogonal);

/// What is the same for all groups of one event.
struct PairTask {
  std::span<const int64_t> queries;    ///< sampled positions, rising
  std::span<const int64_t> documents;  ///< [counted token] SequenceDocuments::local
  int64_t first_counted = 0;
  LogitRule rule;
  SumLayout layout;
};

/// Works through the sampled queries in blocks, each against all keys that it sees with one product
/// a setting, and adds to the sequence's sums. Memory: a few blocks of [block rows, T] floats.
class PairwiseMeter {
 public:
  PairwiseMeter(const PairTask& task, int64_t group_size, int64_t tokens, int64_t head_dim);

  /// `kept`: k of each k_ratio and plan; `key_nonzero` [T].
  void measure(const GroupVectors& vectors, std::span<const int64_t> kept,
               std::span<const PairBasis> bases, std::span<const uint8_t> key_nonzero,
               int64_t first_query_head, MatrixView<double> sums);

 private:
  // Some sampled queries (for all heads of the group: row h·count + i) and the keys they see.
  struct Block {
    int64_t first = 0;  // index into task.queries
    int64_t count = 0;
    int64_t first_key = 0;  // of the first query
    int64_t keys = 0;       // up to the last query
    int64_t rows = 0;       // group size · count
  };
  struct VisibleKeys {
    int64_t first = 0;  // column in the block
    int64_t count = 0;
  };
  Block block_at(int64_t first) const;
  int64_t query(const Block& block, int64_t row) const {
    return task_.queries[block.first + row % block.count];
  }
  int64_t document(const Block& block, int64_t row) const {
    return task_.documents[query(block, row) - task_.first_counted];
  }
  VisibleKeys visible(const Block& block, int64_t row) const;

  void measure_exact(const Block& block, const GroupVectors& vectors,
                     std::span<const uint8_t> key_nonzero, int64_t first_query_head,
                     MatrixView<double> sums);
  void measure_basis(const Block& block, const GroupVectors& vectors, std::span<const int64_t> kept,
                     const PairBasis& basis, int64_t first_query_head, MatrixView<double> sums);
  void select(const Block& block, int64_t k);
  void compare(const Block& block, ConstMatrixView<float> value, int64_t setting,
               int64_t first_query_head, MatrixView<double> sums);
  void measure_key_losses(const Block& block, const PairBasis& basis, int64_t setting,
                          int64_t first_query_head, MatrixView<double> sums);

  PairTask task_;
  int64_t group_size_;
  int64_t block_queries_;
  Matrix<float> query_;     // [rows, d] of the block, exact or rotated
  Matrix<float> selected_;  // [rows, d] rotated, zero outside each query's set
  Matrix<float> mask_;      // [rows, d]
  std::vector<float> select_scratch_;
  Matrix<float> exact_logits_;     // [rows, T]
  Matrix<float> exact_weights_;    // [rows, T]; zero at keys that a row does not see
  Matrix<float> exact_output_;     // [rows, d]
  std::vector<ExactRow> exact_;    // [rows]
  std::vector<double> seen_keys_;  // [rows] keys that are not zero among those that a row sees
  Matrix<float> weights_;          // [rows, T] approximate logits, then weights
  Matrix<float> output_;           // [rows, d]
  Matrix<float> key_energy_;       // [rows, T] ‖k̂_S‖² for each row's set S
};

}  // namespace aqua::analysis
