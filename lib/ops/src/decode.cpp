#include "aqua/ops/decode.hpp"

#include "decode_loops.hpp"
#include "loops.hpp"

namespace aqua::ops {

const DecodeLoops& decode_loops() {
#if defined(__x86_64__)
  if (&loops() == &loops_avx512) return decode_loops_avx512;
  if (&loops() == &loops_avx2) return decode_loops_avx2;
#endif
  return decode_loops_baseline;
}

const char* decode_instructions() {
#if defined(__x86_64__)
  if (&loops() == &loops_avx512) return "AVX-512";
  if (&loops() == &loops_avx2) return "AVX2";
#endif
  return "baseline";
}

void block_scores(std::span<const float> q, std::span<const int32_t> dims, const float* block,
                  int64_t ahead, std::span<float, key_block> out) {
  decode_loops().block_scores(q.data(), dims.data(), static_cast<int64_t>(dims.size()), block,
                              ahead, out.data());
}

void token_scores(std::span<const float> q, ConstMatrixView<float> keys, std::span<float> out) {
  decode_loops().token_scores(q.data(), keys.cols(), keys.data(), keys.stride(), keys.rows(),
                              out.data());
}

void weighted_sum(std::span<const float> w, ConstMatrixView<float> rows, std::span<float> out) {
  decode_loops().weighted_sum(w.data(), rows.rows(), rows.data(), rows.stride(), rows.cols(),
                              out.data());
}

float sum(std::span<const float> x) {
  return decode_loops().sum(x.data(), static_cast<int64_t>(x.size()));
}

}  // namespace aqua::ops
