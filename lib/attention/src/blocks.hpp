// What every attention does with a block of queries: its extent, and from logits to outputs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "aqua/attention/attention.hpp"

namespace aqua::attention {

/// Consecutive queries, and the consecutive keys that at least one of them sees.
struct Block {
  int64_t first_query = 0;
  int64_t queries = 0;
  int64_t first_key = 0;
  int64_t keys = 0;

  /// Columns of the block that query row r sees: [begin, end).
  int64_t begin(const LogitRule& rule, int64_t r) const {
    return rule.first_key(first_query + r) - first_key;
  }
  int64_t end(int64_t r) const { return first_query + r + 1 - first_key; }
};

/// Rows of queries per block: large enough for efficient products, small enough that a block of
/// weights stays in the second-level cache.
inline constexpr int64_t query_block = 128;

/// Calls f(Block) for all queries of a sequence, in increasing order.
template <class F>
void for_each_block(int64_t tokens, const LogitRule& rule, const F& f) {
  for (int64_t first = 0; first < tokens; first += query_block) {
    const int64_t queries = std::min(query_block, tokens - first);
    const int64_t first_key = rule.first_key(first);
    f(Block{first, queries, first_key, first + queries - first_key});
  }
}

/// Replaces logits before the soft cap by e^{cap(x) − max} over the keys that each query sees and
/// zero elsewhere; `sums` [queries] receives the rows' sums.
void exponentiate(const LogitRule& rule, const Block& block, MatrixView<float> logits,
                  std::span<float> sums);

/// out [queries, d] ← weights·v, each row divided by its sum, for the block's keys of one query
/// head; then the observer, if any, sees the weights divided by their sums.
void finish(const AttentionInput& input, const Block& block, int64_t query_head,
            MatrixView<float> weights, std::span<const float> sums, MatrixView<float> out);

/// The columns of query head h in the outputs of all heads, for the block's queries.
inline MatrixView<float> output_of(const AttentionInput& input, const Block& block, int64_t h,
                                   MatrixView<float> out) {
  const int64_t d = input.q.head_dim();
  return out.columns(h * d, d).rows(block.first_query, block.queries);
}

}  // namespace aqua::attention
