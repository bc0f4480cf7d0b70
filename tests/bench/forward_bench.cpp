// Speed of a calibration pass (all layers, R factors fitted, no logits) on a 135M-parameter shape,
// against plain sgemm on the same shapes in the same run, with the same thread layout.
//
//   forward_bench [threads]
//
// Rows: tokens/s; GFLOP/s (projections, feed-forward and attention products only); the rate of
// plain sgemm over the layer's projection and feed-forward products; their ratio. The pass and
// sgemm are timed in turn, and medians of their pairs are printed, so that a drifting machine speed
// cancels.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include "aqua/analysis/fit.hpp"
#include "aqua/core/random.hpp"
#include "aqua/linalg/backend.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/model/live_source.hpp"
#include "aqua/model/model.hpp"
#include "random_checkpoint.hpp"

namespace {

using namespace aqua;
using Clock = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

Matrix<float> random_matrix(int64_t rows, int64_t cols, uint64_t index) {
  Random random(2, Random::Purpose::test, index);
  Matrix<float> m(rows, cols);
  for (float& x : std::span(m.data(), static_cast<std::size_t>(m.size()))) {
    x = static_cast<float>(random.uniform() - 0.5);
  }
  return m;
}

// The products of one layer on one block of tokens, as plain sgemm calls.
class PlainProducts {
 public:
  PlainProducts(const bench::Shape& shape, int64_t tokens, int threads) {
    const int64_t query = shape.heads.query_heads * shape.heads.head_dim;
    const int64_t kv = shape.heads.kv_heads * shape.heads.head_dim;
    for (const auto& [out, in] : {std::pair{query + 2 * kv, shape.hidden_size},
                                  {shape.hidden_size, query},
                                  {2 * shape.feed_forward_size, shape.hidden_size},
                                  {shape.hidden_size, shape.feed_forward_size}}) {
      weights_.push_back(random_matrix(out, in, weights_.size()));
      for (int t = 0; t < threads; ++t) {
        inputs_.push_back(random_matrix(tokens, in, 10 + weights_.size()));
        outputs_.push_back(Matrix<float>(tokens, out));
      }
    }
    threads_ = static_cast<std::size_t>(threads);
  }
  void run(int worker) {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const std::size_t at = i * threads_ + static_cast<std::size_t>(worker);
      linalg::gemm(linalg::Op::none, linalg::Op::transpose, 1.0F, inputs_[at].view(),
                   weights_[i].view(), 0.0F, outputs_[at].view());
    }
  }

 private:
  std::size_t threads_ = 1;
  std::vector<Matrix<float>> weights_, inputs_, outputs_;
};

void measure(const bench::Shape& shape, const model::Model& model, int64_t length,
             const Execution& execution) {
  const int threads = execution.pool.size();
  const int64_t sequences = std::max<int64_t>(2 * threads, 8192 / length / 2);
  capture::StreamInfo info;
  info.model = model.facts();
  info.corpus.name = "random";
  info.documents = {"1"};
  Random random(3, Random::Purpose::test);
  std::vector<std::vector<int32_t>> ids;
  for (int64_t s = 0; s < sequences; ++s) {
    auto& sequence = ids.emplace_back(static_cast<std::size_t>(length));
    for (auto& id : sequence) {
      id = static_cast<int32_t>(random.below(static_cast<uint64_t>(shape.vocabulary)));
    }
    info.sequences.push_back({0, std::vector<int32_t>(static_cast<std::size_t>(length), 0)});
  }
  const auto source = model::make_live_source(model, info, ids, {});
  // Before anything is timed: the pass must give what calibration needs.
  const auto pass = [&] {
    analysis::FitSink fit({capture::Site::post_rope});
    capture::QkSink* const sink = &fit;
    source->run({&sink, 1}, execution);
    const auto statistics = fit.take();
    const auto& first = statistics.begin()->second.front();
    if (first.key.count() != sequences * length ||
        first.query.count() != sequences * length * shape.heads.group_size()) {
      fmt::print(stderr, "forward_bench: the pass counted {} keys and {} queries\n",
                 first.key.count(), first.query.count());
      std::exit(1);
    }
  };
  const int64_t block = std::min<int64_t>(length, 512);
  PlainProducts plain(shape, block, threads);
  const int64_t blocks = sequences * length / block;
  const auto products = [&] {
    execution.for_each(blocks * shape.layers, [&](int64_t, int worker) { plain.run(worker); });
  };

  pass();
  std::vector<double> pass_seconds, product_seconds, ratios;
  const double tokens = static_cast<double>(sequences * length);
  // The last layer stops after q, k and v.
  const double product_flops =
      shape.projection_flops(sequences * length) * static_cast<double>(shape.layers);
  const double last_saved =
      shape.projection_flops(sequences * length) -
      2.0 * tokens * static_cast<double>(shape.hidden_size) *
          static_cast<double>((shape.heads.query_heads + 2 * shape.heads.kv_heads) *
                              shape.heads.head_dim);
  const double pass_flops = product_flops - last_saved +
                            shape.attention_flops(length) * static_cast<double>(sequences) *
                                static_cast<double>(shape.layers - 1);
  for (int round = 0; round < 5; ++round) {
    product_seconds.push_back(seconds_of(products));
    pass_seconds.push_back(seconds_of(pass));
    ratios.push_back(pass_flops / pass_seconds.back() / (product_flops / product_seconds.back()));
  }
  fmt::print("{:<8} {:>6} {:>10.0f} {:>10.1f} {:>12.1f} {:>7.2f} {:>9.0f}\n", shape.name, length,
             tokens / median(pass_seconds), pass_flops / median(pass_seconds) * 1e-9,
             product_flops / median(product_seconds) * 1e-9, median(ratios), peak_memory_mb());
}

}  // namespace

int main(int argc, char** argv) {
  const int threads =
      argc > 1 ? std::atoi(argv[1]) : static_cast<int>(std::thread::hardware_concurrency());
  const bench::Shape shape{"135M", 30, 576, 1536, 49152, {9, 3, 64}};
  linalg::use_one_blas_thread();
  const linalg::Backend backend = linalg::backend();
  fmt::print("{}, {} threads; {}\n", linalg::backend_summary(backend), threads, backend.cpu_model);
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("aqua-forward-bench-{}", ::getpid());
  bench::write_random_checkpoint(shape, folder);
  const CancelToken cancel;
  NoProgress progress;
  ThreadPool pool(threads);
  const Execution execution{pool, progress, cancel};
  const auto model = model::load_model(folder, false, cancel);
  fmt::print("{:<8} {:>6} {:>10} {:>10} {:>12} {:>7} {:>9}\n", "shape", "tokens", "tokens/s",
             "GFLOP/s", "sgemm GF/s", "ratio", "peak MB");
  for (const int64_t length : {512, 2048}) measure(shape, *model, length, execution);
  std::filesystem::remove_all(folder);
}
