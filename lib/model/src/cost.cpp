#include "aqua/model/cost.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "cost.hpp"
#include "decoder_layer.hpp"
#include "experts.hpp"
#include "weight_reader.hpp"

namespace aqua::model {
namespace {

constexpr int64_t float_bytes = sizeof(float);
/// Documented in docs/performance.md: what the process holds before a model runs, with room for a
/// large tokenizer.
constexpr int64_t program_bytes = 100'000'000;
/// The product engine's largest block of rows.
constexpr int64_t product_rows = 512;

struct Extents {
  int64_t in = 0;
  int64_t out = 0;
  bool of_expert = false;
};

/// The matrices that are in memory together while a layer runs; query, key and value first.
std::vector<Extents> matrices_of(const Architecture& a, bool experts) {
  std::vector<Extents> all{{a.hidden_size, a.query_width() + 2 * a.kv_width()},
                           {a.query_width(), a.hidden_size}};
  const int64_t size = experts ? a.experts.size : a.feed_forward.size;
  all.push_back({a.hidden_size, size, experts});
  if (a.feed_forward.gated) all.push_back({a.hidden_size, size, experts});
  all.push_back({size, a.hidden_size, experts});
  if (experts) all.push_back({a.hidden_size, a.experts.count});
  return all;
}

}  // namespace

PassCost pass_cost(const Architecture& a, const linalg::ProductEngine& products,
                   const ComputeSettings& compute, int64_t file_element_bytes,
                   const PassShape& shape) {
  PassCost cost;
  PassMemory& memory = cost.memory;
  const int64_t threads = shape.threads;
  const int64_t longest = shape.longest_sequence;
  const int64_t factor_bytes =
      products.type() == linalg::ProductType::bfloat16 ? float_bytes / 2 : float_bytes;
  int64_t widest_in = 0;
  int64_t widest_out = 0;
  for (const bool experts : {false, true}) {
    const auto of_kind = [&](const LayerSettings& l) { return l.experts == experts; };
    if (std::ranges::none_of(a.layer, of_kind)) continue;
    int64_t packed = 0;
    for (const Extents& m : matrices_of(a, experts)) {
      packed += products.packed_bytes(m.in, m.out);
      widest_in = std::max(widest_in, m.in);
      widest_out = std::max(widest_out, m.out);
      memory.reading = std::max(memory.reading, m.in * m.out * file_element_bytes);
    }
    memory.weights = std::max(memory.weights, packed);
  }
  memory.reading += threads * WeightReader::rows_per_task * widest_in * float_bytes;

  const int64_t matrices = a.has_experts() ? ExpertMixture::hidden_matrices : 1;
  const int64_t hidden_bytes = matrices * shape.tokens * a.hidden_size * float_bytes;
  memory.hidden_states_in_file = compute.memory_limit > 0 && hidden_bytes > compute.memory_limit;
  // In a file: the rows that the workers are at.
  const int64_t rows_in_use =
      threads * (a.has_experts() ? std::max(longest, ExpertMixture::rows_at_once) : longest);
  memory.hidden_states =
      memory.hidden_states_in_file
          ? std::min(hidden_bytes, matrices * rows_in_use * a.hidden_size * float_bytes)
          : hidden_bytes;

  // A workspace's rows, the engine's copies of a block of rows, and attention's packed keys and
  // values and block of logits (both products' factors and the outputs).
  const int64_t d = a.heads.head_dim;
  const int64_t block = std::min(longest, product_rows);
  const int64_t rows = longest * (a.hidden_size + 2 * a.query_width() + 2 * a.kv_width()) +
                       block * std::max(a.feed_forward.size, a.experts.size);
  const int64_t engine = block * (widest_in + widest_out);
  const int64_t attention = product_rows * (2 * d + 128) * 2;
  memory.workspaces =
      threads * ((rows + engine + attention) * float_bytes + block * widest_in * factor_bytes +
                 2 * (longest + 128) * std::max<int64_t>(d, 64) * factor_bytes);
  memory.program = program_bytes;

  const auto tokens = static_cast<double>(shape.tokens);
  for (int64_t l = 0; l < shape.layers; ++l) {
    const bool experts = a.layer[static_cast<std::size_t>(l)].experts;
    double weights = 0.0;
    const auto all = matrices_of(a, experts);
    for (const Extents& m : all) {
      const double elements = static_cast<double>(m.in) * static_cast<double>(m.out);
      weights += m.of_expert ? elements * static_cast<double>(a.experts.per_token) : elements;
      if (l + 1 == shape.layers) break;  // the last one stops after q, k and v
    }
    cost.product_flops += 2.0 * tokens * weights;
    if (l + 1 == shape.layers) break;
    const LogitRule& rule = a.layer[static_cast<std::size_t>(l)].logits;
    const auto seen = static_cast<double>(std::min(rule.window, longest));
    const auto length = static_cast<double>(longest);
    // A query at position i sees min(i + 1, window) keys.
    const double pairs = length == 0 ? 0 : seen * (length - (seen - 1) / 2) / length;
    cost.attention_flops += 4.0 * tokens * pairs * static_cast<double>(a.query_width());
  }
  return cost;
}

double measured_flops_per_second(const linalg::ProductEngine& products, int64_t width,
                                 const Execution& execution) {
  using Clock = std::chrono::steady_clock;
  const int64_t n = std::clamp<int64_t>(width, 64, 2048);
  const Matrix<float> x(product_rows, n);
  linalg::PackedMatrix b;
  products.pack(b, linalg::Op::none, Matrix<float>(n, n));
  std::vector<Matrix<float>> results;
  for (int t = 0; t < execution.pool.size(); ++t) results.emplace_back(product_rows, n);
  const auto multiply = [&](int64_t count) {
    const auto start = Clock::now();
    execution.for_each(count, [&](int64_t, int worker) {
      products.multiply(x, b, results[static_cast<std::size_t>(worker)]);
    });
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const int64_t threads = execution.pool.size();
  multiply(threads);  // generates the kernels
  const double once = std::max(multiply(threads), 1e-6);
  const auto rounds = std::clamp<int64_t>(static_cast<int64_t>(0.25 / once), 1, 1000);
  const double seconds = std::max(multiply(rounds * threads), 1e-6);
  const auto extent = static_cast<double>(n);
  return 2.0 * product_rows * extent * extent * static_cast<double>(rounds * threads) / seconds;
}

}  // namespace aqua::model
