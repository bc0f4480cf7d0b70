// Speed and memory of a calibration pass (all layers, R factors fitted, no logits) on random
// weights of a given shape, against plain sgemm on the same shapes in the same run, with the same
// thread layout.
//
//   forward_bench [SHAPE [TYPE [LENGTH [THREADS [FOLDER]]]]]
//
// SHAPE 135M or 1B, TYPE float32 or bfloat16, LENGTH tokens of a sequence; the default is 135M in
// both types at 512 and 2048 tokens, on all cores. With FOLDER, the checkpoint is kept there, for
// other programs to run on.
//
// Columns: tokens/s; GFLOP/s (projections, feed-forward and attention products only); the rate of
// plain sgemm over the layer's projection and feed-forward products; their ratio; the shares of the
// workers' time that attention and fitting take; peak resident memory, mapped pages of the
// checkpoint included. Pass and sgemm are timed in turn, and medians over pairs are printed, so
// that a drifting machine speed cancels.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "aqua/analysis/fit.hpp"
#include "aqua/core/random.hpp"
#include "aqua/linalg/backend.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/linalg/products.hpp"
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

/// Forgets the largest resident size so far.
void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << 5; }

double peak_memory_mb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1.024e-3;
  }
  return 0.0;
}

Matrix<float> random_matrix(int64_t rows, int64_t cols, uint64_t index) {
  Random random(2, Random::Purpose::test, index);
  Matrix<float> m(rows, cols);
  for (float& x : std::span(m.data(), static_cast<std::size_t>(m.size()))) {
    x = static_cast<float>(random.uniform() - 0.5);
  }
  return m;
}

/// Seconds that all workers together spend in something.
class Stopwatch {
 public:
  template <class F>
  void time(const F& work) {
    const auto start = Clock::now();
    work();
    nanoseconds_ += (Clock::now() - start).count();
  }
  double take() { return static_cast<double>(nanoseconds_.exchange(0)) * 1e-9; }

 private:
  std::atomic<int64_t> nanoseconds_{0};
};

class TimedAttention final : public attention::Attention {
 public:
  TimedAttention(std::unique_ptr<attention::Attention> inner, Stopwatch& watch)
      : inner_(std::move(inner)), watch_(watch) {}
  void run(const attention::AttentionInput& input, MatrixView<float> out) const override {
    watch_.time([&] { inner_->run(input, out); });
  }

 private:
  std::unique_ptr<attention::Attention> inner_;
  Stopwatch& watch_;
};

class TimedFit final : public capture::QkSink {
 public:
  explicit TimedFit(Stopwatch& watch) : watch_(watch) {}
  std::set<capture::Site> sites() const override { return fit.sites(); }
  void begin(const capture::StreamInfo& info) override { fit.begin(info); }
  void begin_layer(LayerIndex layer) override { fit.begin_layer(layer); }
  void consume(const capture::QkEvent& event) override {
    watch_.time([&] { fit.consume(event); });
  }
  void end_layer(LayerIndex layer, const Execution& execution) override {
    fit.end_layer(layer, execution);
  }
  void end() override { fit.end(); }
  analysis::FitSink fit{{capture::Site::post_rope}};

 private:
  Stopwatch& watch_;
};

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

/// Random tokens in sequences of one length.
struct Text {
  Text(const bench::Shape& shape, const model::Model& model, int64_t sequences, int64_t length) {
    info.model = model.facts();
    info.corpus.name = "random";
    info.documents = {"1"};
    Random random(3, Random::Purpose::test);
    for (int64_t s = 0; s < sequences; ++s) {
      auto& sequence = ids.emplace_back(static_cast<std::size_t>(length));
      for (auto& id : sequence) {
        id = static_cast<int32_t>(random.below(static_cast<uint64_t>(shape.vocabulary)));
      }
      info.sequences.push_back({0, std::vector<int32_t>(static_cast<std::size_t>(length), 0)});
    }
  }
  capture::StreamInfo info;
  std::vector<std::vector<int32_t>> ids;
};

void measure(const bench::Shape& shape, const model::Model& model, int64_t length,
             const Execution& execution) {
  const int threads = execution.pool.size();
  // Enough tokens that converting the weights is a small part, as in a real calibration.
  const int64_t sequences = std::max<int64_t>(threads, 8192 / length / threads * threads);
  const Text text(shape, model, sequences, length);
  Stopwatch in_attention;
  Stopwatch in_fit;
  const TimedAttention attention(
      attention::make_exact_attention(linalg::make_product_engine(model.products().type())),
      in_attention);
  const auto pass = [&] {
    TimedFit fit(in_fit);
    capture::QkSink* const sink = &fit;
    model::RunRequest request;
    request.ids = text.ids;
    request.sinks = {&sink, 1};
    for (int32_t l = 0; l < shape.layers; ++l) request.layers.push_back({l});
    request.attentions = {&attention};
    fit.begin(text.info);
    model.run(request, execution);
    fit.end();
    // The pass must give what calibration needs.
    const auto statistics = fit.fit.take();
    const auto& first = statistics.begin()->second.front();
    if (std::ssize(statistics) != shape.layers || first.key.count() != sequences * length ||
        first.query.count() != sequences * length * shape.heads.group_size()) {
      fmt::print(stderr, "forward_bench: the pass counted {} keys and {} queries in {} layers\n",
                 first.key.count(), first.query.count(), statistics.size());
      std::exit(1);
    }
  };
  const double tokens = static_cast<double>(sequences * length);
  const double all_products =
      shape.projection_flops(sequences * length) * static_cast<double>(shape.layers);
  const model::PassCost cost = model.cost({.tokens = sequences * length,
                                           .longest_sequence = length,
                                           .layers = shape.layers,
                                           .threads = threads});
  reset_peak_memory();
  const double first_seconds = seconds_of(pass);
  const double peak = peak_memory_mb();
  in_attention.take();
  in_fit.take();

  const int64_t block = std::min<int64_t>(length, 512);
  PlainProducts plain(shape, block, threads);
  // A quarter of the pass's products.
  const int64_t calls = std::max<int64_t>(threads, sequences * length / block * shape.layers / 4);
  const double plain_flops = shape.projection_flops(block) * static_cast<double>(calls);
  const int rounds = std::clamp(static_cast<int>(12.0 / first_seconds), 1, 5);
  std::vector<double> pass_seconds, plain_rates, ratios, attention_shares, fit_shares;
  for (int round = 0; round < rounds; ++round) {
    plain_rates.push_back(plain_flops / seconds_of([&] {
                            execution.for_each(calls, [&](int64_t, int w) { plain.run(w); });
                          }));
    pass_seconds.push_back(seconds_of(pass));
    ratios.push_back(cost.flops() / pass_seconds.back() / plain_rates.back());
    attention_shares.push_back(in_attention.take() / pass_seconds.back() / threads);
    fit_shares.push_back(in_fit.take() / pass_seconds.back() / threads);
  }
  fmt::print("{:<5} {:<9} {:>5} {:>8.0f} {:>8.1f} {:>8.1f} {:>5.2f} {:>7.0f}% {:>4.0f}% {:>6.0f}\n",
             shape.name,
             model.products().type() == linalg::ProductType::bfloat16 ? "bfloat16" : "float32",
             length, tokens / median(pass_seconds), cost.flops() / median(pass_seconds) * 1e-9,
             median(plain_rates) * 1e-9, median(ratios), 100 * median(attention_shares),
             100 * median(fit_shares), peak);
  std::fflush(stdout);
  if (cost.product_flops > all_products) std::exit(1);  // the last layer stops early
}

const bench::Shape shapes[] = {{"135M", 30, 576, 1536, 49152, {9, 3, 64}},
                               {"1B", 16, 2048, 8192, 128256, {32, 8, 64}}};

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, const std::string& otherwise) {
    return argc > i ? std::string(argv[i]) : otherwise;
  };
  const std::string shape_name = argument(1, "135M");
  const std::string type = argument(2, "");
  const std::string length = argument(3, "");
  const int threads =
      std::atoi(argument(4, std::to_string(std::thread::hardware_concurrency())).c_str());
  const auto* const shape = std::ranges::find(shapes, shape_name, &bench::Shape::name);
  if (shape == std::end(shapes) || threads < 1) {
    fmt::print(stderr, "forward_bench: see the top of its source\n");
    return 2;
  }
  linalg::use_one_blas_thread();
  const linalg::Backend backend = linalg::backend();
  fmt::print("{}{}, {} threads; {}\n", linalg::backend_summary(backend),
             backend.requested.empty() ? "" : " (OPENBLAS_CORETYPE=" + backend.requested + ")",
             threads, backend.cpu_model);
  const bool keep = argc > 5;
  const std::filesystem::path folder = keep ? std::filesystem::path(argv[5])
                                            : std::filesystem::temp_directory_path() /
                                                  fmt::format("aqua-forward-bench-{}", ::getpid());
  if (!keep || !std::filesystem::exists(folder / "model.safetensors")) {
    bench::write_random_checkpoint(*shape, folder);
  }
  const CancelToken cancel;
  NoProgress progress;
  ThreadPool pool(threads);
  const Execution execution{pool, progress, cancel};
  fmt::print(
      "shape type     tokens tokens/s  GFLOP/s    sgemm ratio attention  fit   peak\n"
      "                                           GF/s                          MB\n");
  for (const model::Compute compute : {model::Compute::float32, model::Compute::bfloat16}) {
    if (!type.empty() && type != model::name(compute)) continue;
    if (compute == model::Compute::bfloat16 && !linalg::has_bfloat16_products()) continue;
    const auto model =
        model::load_model(folder, false, cancel, {.compute = compute, .temporary_folder = {}});
    for (const int64_t tokens : {512, 2048}) {
      if (length.empty() || length == std::to_string(tokens)) {
        measure(*shape, *model, tokens, execution);
      }
    }
  }
  if (!keep) std::filesystem::remove_all(folder);
}
