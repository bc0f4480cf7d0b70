// Times the kernels that calibration and retention spend their time in. Each checks its answer
// before it is timed.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "aqua/attention/attention.hpp"
#include "aqua/core/random.hpp"
#include "aqua/linalg/backend.hpp"
#include "aqua/linalg/products.hpp"
#include "aqua/ops/softmax.hpp"
#include "aqua/projection/r_factor.hpp"
#include "aqua/projection/selection.hpp"

namespace {

using namespace aqua;

Matrix<float> normal_matrix(int64_t rows, int64_t cols) {
  Random random(1, Random::Purpose::test);
  Matrix<float> m(rows, cols);
  for (int64_t r = 0; r < rows; ++r) {
    for (float& x : m.row(r)) x = static_cast<float>(random.normal());
  }
  return m;
}

// Rows of one sequence and KV head into an R factor.
void r_factor_rows(benchmark::State& state) {
  const int64_t rows = state.range(0);
  const int64_t dim = state.range(1);
  linalg::use_one_blas_thread();
  const Matrix<float> x = normal_matrix(rows, dim);
  projection::RFactor check(dim);
  check.add_rows(x.view());
  double expected = 0.0;
  double found = 0.0;
  for (int64_t r = 0; r < rows; ++r) {
    for (const float value : x.row(r)) expected += static_cast<double>(value) * value;
  }
  for (int64_t r = 0; r < dim; ++r) {
    for (const double value : check.r().row(r)) found += value * value;
  }
  if (std::abs(found - expected) > 1e-12 * expected) {
    state.SkipWithError("the factor does not have the rows' norm");
    return;
  }
  for (auto _ : state) {
    projection::RFactor factor(dim);
    factor.add_rows(x.view());
    benchmark::DoNotOptimize(factor);
  }
  state.counters["ns/row"] =
      benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate |
                                                        benchmark::Counter::kInvert);
}
BENCHMARK(r_factor_rows)->Args({512, 64})->Args({1536, 64})->Args({2048, 128})->Args({512, 256});

void select_largest(benchmark::State& state) {
  const int64_t dim = state.range(0);
  const int64_t k = dim / 2;
  const Matrix<float> x = normal_matrix(256, dim);
  std::vector<float> mask(static_cast<std::size_t>(dim));
  std::vector<float> scratch(static_cast<std::size_t>(dim));
  projection::select_largest(x.row(0), k, mask, scratch);
  if (std::ranges::count(mask, 1.0F) != k) {
    state.SkipWithError("wrong number of dimensions selected");
    return;
  }
  int64_t row = 0;
  for (auto _ : state) {
    projection::select_largest(x.row(row), k, mask, scratch);
    benchmark::DoNotOptimize(mask.data());
    row = (row + 1) % x.rows();
  }
}
BENCHMARK(select_largest)->Arg(64)->Arg(128)->Arg(256);

void softmax(benchmark::State& state) {
  const Matrix<float> x = normal_matrix(1, state.range(0));
  std::vector<float> row(x.row(0).begin(), x.row(0).end());
  ops::softmax(row);
  double sum = 0.0;
  for (const float value : row) sum += value;
  if (std::abs(sum - 1.0) > 1e-5) {
    state.SkipWithError("weights do not sum to one");
    return;
  }
  for (auto _ : state) {
    std::ranges::copy(x.row(0), row.begin());
    ops::softmax(row);
    benchmark::DoNotOptimize(row.data());
  }
}
BENCHMARK(softmax)->Arg(256)->Arg(2048);

// One layer of the 135M shape: 9 query heads, 3 KV heads, d = 64. Second argument: 1 for bfloat16.
void exact_attention(benchmark::State& state) {
  const bool bfloat16 = state.range(1) == 1;
  if (bfloat16 && !linalg::has_bfloat16_products()) {
    state.SkipWithError("this CPU has no bfloat16 products");
    return;
  }
  linalg::use_one_blas_thread();
  const int64_t tokens = state.range(0);
  const HeadLayout heads{9, 3, 64};
  const Matrix<float> q = normal_matrix(tokens, heads.query_heads * heads.head_dim);
  const Matrix<float> kv = normal_matrix(tokens, heads.kv_heads * heads.head_dim);
  Matrix<float> out(tokens, q.cols());
  const HeadsView<const float> query(q.data(), tokens, heads.query_heads, heads.head_dim);
  const HeadsView<const float> key_value(kv.data(), tokens, heads.kv_heads, heads.head_dim);
  const attention::AttentionInput input{
      {0}, query, key_value, key_value, {0.125F, {}, LogitRule{}.window}};
  const auto attention = attention::make_exact_attention(linalg::make_product_engine(
      bfloat16 ? linalg::ProductType::bfloat16 : linalg::ProductType::float32));
  attention->run(input, out);
  if (std::abs(out(0, 0) - kv(0, 0)) > (bfloat16 ? 0x1p-8F : 0.0F) * std::abs(kv(0, 0))) {
    state.SkipWithError("the first token must see itself only");
    return;
  }
  for (auto _ : state) {
    attention->run(input, out);
    benchmark::DoNotOptimize(out.data());
  }
  const double flops = 2.0 * static_cast<double>(tokens * (tokens + 1) * q.cols());
  state.counters["FLOP/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(exact_attention)->ArgsProduct({{512, 2048}, {0, 1}})->Unit(benchmark::kMillisecond);

}  // namespace
