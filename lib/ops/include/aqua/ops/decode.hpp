// Products of one decode step: one query against a cache of keys and values, in float32.
//
// Keys are stored in one of two layouts:
// - by token, [L, d]: a key's dimensions are contiguous;
// - in blocks of 64 tokens, [L/64][d][64]: within a block a dimension's values are contiguous, 256
//   bytes, so that a query that uses only some dimensions reads only their bytes, in whole cache
//   lines and in vectors, without gather instructions.
#pragma once

#include <cstdint>
#include <span>

#include "aqua/core/matrix.hpp"

namespace aqua::ops {

inline constexpr int64_t key_block = 64;  ///< tokens in a block

/// out[j] = Σ_c q[c]·K(j, dims[c]) for the 64 tokens of one block [d][64]. q and dims are equally
/// long; dims are below d and may be in any order. `ahead`: floats from this block to the one that
/// is scored next, whose same dimensions are fetched into the cache meanwhile; 0: none.
void block_scores(std::span<const float> q, std::span<const int32_t> dims, const float* block,
                  int64_t ahead, std::span<float, key_block> out);

/// out[j] = q·keys(j). keys [n, d], q [d], out [n].
void token_scores(std::span<const float> q, ConstMatrixView<float> keys, std::span<float> out);

/// out = Σ_j w[j]·rows(j), which is also w·rows: rows [n, d], w [n], out [d].
void weighted_sum(std::span<const float> w, ConstMatrixView<float> rows, std::span<float> out);

/// Σ x_i: reads memory as fast as one thread can, to measure bandwidth with.
float sum(std::span<const float> x);

/// "AVX-512", "AVX2" or "baseline": the instructions that these loops run with.
const char* decode_instructions();

}  // namespace aqua::ops
