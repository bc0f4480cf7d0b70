// The vector loops of one decode step, as a table filled per instruction set.
#pragma once

#include <cstdint>

namespace aqua::ops {

struct DecodeLoops {
  /// out[j] = Σ_{c < k} q[c]·block[dims[c]·64 + j] for j < 64; fetches what is `ahead` floats
  /// further.
  void (*block_scores)(const float* q, const int32_t* dims, int64_t k, const float* block,
                       int64_t ahead, float* out);
  /// out[j] = Σ_{c < d} q[c]·keys[j·stride + c] for j < n.
  void (*token_scores)(const float* q, int64_t d, const float* keys, int64_t stride, int64_t n,
                       float* out);
  /// out[e] = Σ_{j < n} w[j]·rows[j·stride + e] for e < d.
  void (*weighted_sum)(const float* w, int64_t n, const float* rows, int64_t stride, int64_t d,
                       float* out);
  /// Σ x_i.
  float (*sum)(const float* x, int64_t n);
};

extern const DecodeLoops decode_loops_baseline;
extern const DecodeLoops decode_loops_avx2;
extern const DecodeLoops decode_loops_avx512;

/// Those of the instruction set that loops() runs with.
const DecodeLoops& decode_loops();

}  // namespace aqua::ops
