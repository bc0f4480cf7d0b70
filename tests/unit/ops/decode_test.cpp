// Every instruction set's decode loops against double precision.
#include "aqua/ops/decode.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "decode_loops.hpp"
#include "loops.hpp"
#include "measure.hpp"

namespace aqua::ops {
namespace {

struct Table {
  std::string name;
  const DecodeLoops* loops;
  bool runs_here;
};

std::vector<Table> tables() {
  std::vector<Table> all{{"baseline", &decode_loops_baseline, true}};
#if defined(__x86_64__)
  all.push_back({"avx2", &decode_loops_avx2,
                 __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")});
  all.push_back({"avx512", &decode_loops_avx512, &loops() == &loops_avx512});
#endif
  return all;
}

class DecodeTables : public testing::TestWithParam<Table> {
 protected:
  void SetUp() override {
    if (!GetParam().runs_here) GTEST_SKIP() << "this CPU has no " << GetParam().name;
  }
  const DecodeLoops& loops() const { return *GetParam().loops; }
};

INSTANTIATE_TEST_SUITE_P(InstructionSets, DecodeTables, testing::ValuesIn(tables()),
                         [](const auto& tested) { return tested.param.name; });

/// Σ a·b in double, and the largest error of a float32 sum of n products in any order: each product
/// and sum rounds once, n·ε·Σ|a·b| with ε = 2⁻²³ (twice the unit roundoff, for second-order terms).
struct Reference {
  double value = 0.0;
  double magnitude = 0.0;
  int64_t terms = 0;
  void add(float a, float b) {
    value += static_cast<double>(a) * static_cast<double>(b);
    magnitude += std::abs(static_cast<double>(a) * static_cast<double>(b));
    ++terms;
  }
  double tolerance() const {
    return static_cast<double>(terms) * epsilon * magnitude;
  }
};

constexpr int64_t lengths[] = {1, 2, 3, 4, 5, 15, 16, 17, 31, 63, 64, 65, 80, 128, 130};

TEST_P(DecodeTables, BlockScores) {
  const int64_t d = 70;
  const std::vector<float> block = normals(d * key_block, 1);
  for (const int64_t k : {0, 1, 2, 7, 32, 70}) {
    const std::vector<float> q = normals(k, 2);
    std::vector<int32_t> dims;
    for (int64_t c = 0; c < k; ++c) dims.push_back(static_cast<int32_t>((c * 37 + 5) % d));
    std::vector<float> out(key_block + 1, -7.0F);
    loops().block_scores(q.data(), dims.data(), k, block.data(), 0, out.data());
    for (int64_t j = 0; j < key_block; ++j) {
      Reference expected;
      for (int64_t c = 0; c < k; ++c) expected.add(q[c], block[dims[c] * key_block + j]);
      EXPECT_NEAR(out[j], expected.value, expected.tolerance());
    }
    EXPECT_EQ(out[key_block], -7.0F);
  }
}

TEST_P(DecodeTables, TokenScores) {
  for (const int64_t d : lengths) {
    for (const int64_t n : {1, 3, 4, 9}) {
      const int64_t stride = d + 3;
      const std::vector<float> q = normals(d, 3);
      const std::vector<float> keys = normals(n * stride, 4);
      std::vector<float> out(static_cast<std::size_t>(n) + 1, -7.0F);
      loops().token_scores(q.data(), d, keys.data(), stride, n, out.data());
      for (int64_t j = 0; j < n; ++j) {
        Reference expected;
        for (int64_t c = 0; c < d; ++c) expected.add(q[c], keys[j * stride + c]);
        EXPECT_NEAR(out[j], expected.value, expected.tolerance()) << "d " << d << " n " << n;
      }
      EXPECT_EQ(out[n], -7.0F);
    }
  }
}

TEST_P(DecodeTables, WeightedSum) {
  for (const int64_t d : lengths) {
    for (const int64_t n : {1, 2, 5, 64}) {
      const int64_t stride = d + 1;
      const std::vector<float> w = normals(n, 5);
      const std::vector<float> rows = normals(n * stride, 6);
      std::vector<float> out(static_cast<std::size_t>(d) + 1, -7.0F);
      loops().weighted_sum(w.data(), n, rows.data(), stride, d, out.data());
      for (int64_t e = 0; e < d; ++e) {
        Reference expected;
        for (int64_t j = 0; j < n; ++j) expected.add(w[j], rows[j * stride + e]);
        EXPECT_NEAR(out[e], expected.value, expected.tolerance()) << "d " << d << " n " << n;
      }
      EXPECT_EQ(out[d], -7.0F);
    }
  }
}

TEST_P(DecodeTables, Sum) {
  for (const int64_t n : lengths) {
    const std::vector<float> x = normals(n, 7);
    Reference expected;
    for (const float value : x) expected.add(value, 1.0F);
    EXPECT_NEAR(loops().sum(x.data(), n), expected.value, expected.tolerance());
  }
}

}  // namespace
}  // namespace aqua::ops
