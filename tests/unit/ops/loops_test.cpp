// Every instruction set's loops against double precision and against the baseline's.
#include "loops.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>

#include "measure.hpp"

namespace aqua::ops {
namespace {

struct Table {
  std::string name;
  const Loops* loops;
  bool runs_here;
};

std::vector<Table> tables() {
  std::vector<Table> all{{"baseline", &loops_baseline, true}};
#if defined(__x86_64__)
  all.push_back(
      {"avx2", &loops_avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")});
  all.push_back({"avx512", &loops_avx512,
                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")});
#endif
  return all;
}

class LoopTables : public testing::TestWithParam<Table> {
 protected:
  void SetUp() override {
    if (!GetParam().runs_here) GTEST_SKIP() << "this CPU has no " << GetParam().name;
  }
  const Loops& loops() const { return *GetParam().loops; }
};

INSTANTIATE_TEST_SUITE_P(InstructionSets, LoopTables, testing::ValuesIn(tables()),
                         [](const auto& tested) { return tested.param.name; });

// Lengths below, at and above multiples of every vector width.
constexpr int64_t lengths[] = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 257};

TEST_P(LoopTables, ExponentialIsWithinTwoUlp) {
  // Evenly spaced bit patterns of negative floats from −2^−30 to −87, and the positive side that
  // silu and the cap use.
  double worst = 0.0;
  for (const float limit : {-87.0F, 88.0F}) {
    const uint32_t last = std::bit_cast<uint32_t>(limit);
    uint32_t bits = std::bit_cast<uint32_t>(std::copysign(std::ldexp(1.0F, -30), limit));
    std::vector<float> x;
    for (; bits < last; bits += 1009) x.push_back(std::bit_cast<float>(bits));
    auto y = x;
    loops().exp_shifted(y.data(), 0.0F, static_cast<int64_t>(y.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      worst = std::max(worst, ulps(y[i], std::exp(static_cast<double>(x[i]))));
    }
  }
  RecordProperty("worst_ulp", std::to_string(worst));
  EXPECT_LT(worst, 2.0);
}

TEST_P(LoopTables, ExponentialAtTheEnds) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{0.0F, -0.0F, -87.01F, -1e30F, -infinity, 88.0F, 1000.0F, infinity, NAN};
  loops().exp_shifted(x.data(), 0.0F, static_cast<int64_t>(x.size()));
  EXPECT_EQ(x[0], 1.0F);
  EXPECT_EQ(x[1], 1.0F);
  EXPECT_EQ(x[2], 0.0F);
  EXPECT_EQ(x[3], 0.0F);
  EXPECT_EQ(x[4], 0.0F);
  EXPECT_EQ(x[6], x[5]) << "clamped";
  EXPECT_EQ(x[7], x[5]) << "clamped";
  EXPECT_TRUE(std::isnan(x[8]));
}

TEST_P(LoopTables, SoftCapIsWithinAFewUlpOfTheCap) {
  for (const float cap : {0.5F, 30.0F, 50.0F}) {
    auto x = normals(1001, 1, 40.0);
    const auto original = x;
    loops().soft_cap(x.data(), cap, 1001);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = cap * std::tanh(static_cast<double>(original[i]) / cap);
      ASSERT_NEAR(x[i], exact, 4 * epsilon * cap) << original[i];
    }
  }
}

TEST_P(LoopTables, SumsAndMaximaAgreeWithDouble) {
  for (const int64_t n : lengths) {
    const auto x = normals(n, 2);
    double sum = 0.0;
    float maximum = -std::numeric_limits<float>::infinity();
    for (const float value : x) {
      sum += static_cast<double>(value) * value;
      maximum = std::max(maximum, value);
    }
    EXPECT_NEAR(loops().sum_of_squares(x.data(), n), sum, static_cast<double>(n) * epsilon * sum);
    EXPECT_EQ(loops().maximum(x.data(), n), maximum);
  }
}

TEST_P(LoopTables, ActivationsAgreeWithTheBaseline) {
  for (const int64_t n : lengths) {
    const auto gate = normals(n, 13, 3.0);
    const auto up = normals(n, 14);
    for (std::size_t f = 0; f < activations; ++f) {
      auto plain = gate;
      auto expected = gate;
      loops().activate[f](plain.data(), n);
      loops_baseline.activate[f](expected.data(), n);
      auto times = gate;
      loops().activate_times[f](gate.data(), up.data(), n, times.data());
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        const double unit = epsilon * std::abs(gate[i]);
        EXPECT_NEAR(plain[i], expected[i], 4 * unit);
        EXPECT_NEAR(times[i], plain[i] * up[i], 4 * unit * std::abs(up[i]));
      }
    }
  }
}

// Elementwise loops may differ between instruction sets only by whether a product and a sum round
// together: by an ulp or two of the largest term.
TEST_P(LoopTables, ElementwiseLoopsAgreeWithTheBaseline) {
  for (const int64_t n : lengths) {
    const auto a = normals(n, 3);
    const auto b = normals(n, 4);
    const auto cosine = normals(n, 5, 0.5);
    const auto sine = normals(n, 6, 0.5);
    const auto run = [&](const Loops& table) {
      std::vector<float> pairs = a;
      pairs.insert(pairs.end(), b.begin(), b.end());
      std::vector<std::vector<float>> results{a, a, a, pairs, pairs};
      table.scale_by_weight(a.data(), b.data(), 0.7F, n, results[0].data());
      table.centre_scale_shift(a.data(), 0.2F, 0.7F, b.data(), sine.data(), n, results[1].data());
      table.scale(results[2].data(), 1.7F, n);
      table.rotate_halves(results[3].data(), cosine.data(), sine.data(), n);
      table.rotate_neighbours(results[4].data(), cosine.data(), sine.data(), n);
      return results;
    };
    const auto expected = run(loops_baseline);
    const auto found = run(loops());
    EXPECT_EQ(found[0], expected[0]);
    EXPECT_EQ(found[2], expected[2]);
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      const double size = (std::abs(a[i]) + 0.2) * 0.7 * std::abs(b[i]) + std::abs(sine[i]);
      EXPECT_NEAR(found[1][i], expected[1][i], 2 * epsilon * size);
    }
    for (std::size_t i = 0; i < 2 * static_cast<std::size_t>(n); ++i) {
      EXPECT_NEAR(found[3][i], expected[3][i], 8 * epsilon);
      EXPECT_NEAR(found[4][i], expected[4][i], 8 * epsilon);
    }
  }
}

// Results of a run must not depend on where the allocator put a buffer.
TEST_P(LoopTables, ResultsDoNotDependOnAlignment) {
  for (const int64_t n : lengths) {
    const auto source = normals(n, 7);
    std::vector<float> buffer(static_cast<std::size_t>(n) + 17);
    std::vector<std::vector<float>> results;
    for (std::ptrdiff_t shift = 0; shift < 17; ++shift) {
      float* x = buffer.data() + shift;
      std::ranges::copy(source, x);
      std::vector<float> result{loops().sum_of_squares(x, n), loops().exp_shifted(x, 3.0F, n)};
      result.insert(result.end(), x, x + n);
      results.push_back(result);
      ASSERT_EQ(results.back(), results.front()) << "length " << n << ", shift " << shift;
    }
  }
}

TEST(Loops, TheWidestTableOfThisCpuIsChosen) {
  const Loops* widest = nullptr;
  for (const Table& table : tables()) {
    if (table.runs_here) widest = table.loops;
  }
  EXPECT_EQ(&loops(), widest);
}

}  // namespace
}  // namespace aqua::ops
