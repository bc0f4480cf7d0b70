#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "aqua/analysis/breakeven.hpp"
#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"
#include "aqua/ops/decode.hpp"
#include "aqua/projection/basis.hpp"
#include "bootstrap.hpp"
#include "breakeven/decode_check.hpp"
#include "breakeven/decode_step.hpp"

namespace aqua::analysis {
namespace {

constexpr int64_t assumed_cache = int64_t{32} << 20;  // where the system does not say
constexpr int64_t float_bytes = sizeof(float);

/// Processor seconds of this thread: unlike the time of day they leave out the time in which other
/// programs had the core.
double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The largest cache that Linux lists for the first core; sysconf, which can count those of all
/// sockets, where it lists none.
int64_t last_level_cache() {
  int64_t largest = 0;
  std::error_code missing;
  for (const auto& entry :
       std::filesystem::directory_iterator("/sys/devices/system/cpu/cpu0/cache", missing)) {
    std::ifstream file(entry.path() / "size");  // "32768K"
    int64_t kibibytes = 0;
    char unit = 0;
    if (file >> kibibytes >> unit && unit == 'K') largest = std::max(largest, kibibytes * 1024);
  }
  if (largest > 0) return largest;
  for (const int level : {_SC_LEVEL4_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL2_CACHE_SIZE}) {
    const long bytes = ::sysconf(level);
    if (bytes > 0) return bytes;
  }
  return 0;
}

void fill_normal(Matrix<float>& m, Random& random) {
  // A few thousand are drawn and repeated: drawing all of the longest caches would take longer than
  // timing them.
  std::array<float, 4099> drawn{};
  for (float& value : drawn) value = static_cast<float>(random.normal());
  for (int64_t i = 0; i < m.size(); ++i) m.data()[i] = drawn[static_cast<std::size_t>(i) % 4099];
}

/// Everything of one length: caches of the layers in turn, and the steps that are timed.
class Bench {
 public:
  Bench(const BreakevenOptions& options, std::span<const BreakevenSetting> settings, int64_t length,
        int64_t layers, const CancelToken& cancel)
      : heads_(options.heads),
        settings_(settings.begin(), settings.end()),
        length_(length),
        out_(heads_.query_heads, heads_.head_dim) {
    Random random(options.seed, Random::Purpose::test, static_cast<uint64_t>(length));
    make_projections(options.seed);
    for (const BreakevenSetting& setting : settings_) {
      const auto known = std::ranges::find(stored_, setting.stored);
      steps_.push_back(
          {.variant = known - stored_.begin(), .stored = setting.stored, .k = setting.k});
      if (known == stored_.end()) stored_.push_back(setting.stored);
    }
    token_ = {Matrix<float>(heads_.query_heads, heads_.head_dim),
              Matrix<float>(heads_.kv_heads, heads_.head_dim),
              Matrix<float>(heads_.kv_heads, heads_.head_dim)};
    fill_normal(token_.q, random);
    fill_normal(token_.k, random);
    fill_normal(token_.v, random);
    for (int64_t layer = 0; layer < layers; ++layer) {
      cancel.check();
      caches_.push_back(make_cache(random));
    }
    std::vector<Matrix<float>> maps;
    for (const Matrix<double>& projection : projections_) {
      maps.push_back(Matrix<float>::copy_of(projection.view()));
    }
    step_.emplace(heads_, length_, std::move(maps));
  }

  /// Standard by token and in blocks, then every setting; then the plain read.
  int64_t cases() const { return 2 + std::ssize(settings_); }

  /// Runs case c on the next layer's cache.
  void run(int64_t c) {
    LayerCache& cache = caches_[next_];
    next_ = (next_ + 1) % caches_.size();
    if (c < 2) {
      step_->standard(token_, c == 0 ? KeyLayout::tokens : KeyLayout::blocks, cache, out_);
    } else {
      step_->aqua(token_, steps_[c - 2], cache, out_);
    }
  }

  /// Reads the keys and values of the next layer; returns the bytes.
  int64_t read() {
    const LayerCache& cache = caches_[next_];
    next_ = (next_ + 1) % caches_.size();
    int64_t bytes = 0;
    for (const std::vector<Matrix<float>>* part : {&cache.tokens, &cache.values}) {
      for (const Matrix<float>& m : *part) {
        sum_ += ops::sum({m.data(), static_cast<std::size_t>(m.size())});
        bytes += m.size() * float_bytes;
      }
    }
    return bytes;
  }
  float read_sum() const { return sum_; }

  /// NumericalError when a step's output differs from double precision.
  void check() {
    const DecodeReference reference(heads_, token_, caches_[0], projections_);
    const double tolerance = reference.tolerance();
    const Matrix<double> exact = reference.standard();
    for (int64_t c = 0; c < cases(); ++c) {
      next_ = 0;
      run(c);
      const Matrix<double> expected = c < 2 ? exact.clone() : reference.aqua(*step_);
      for (int64_t i = 0; i < out_.size(); ++i) {
        const double difference =
            std::abs(static_cast<double>(out_.data()[i]) - expected.data()[i]);
        if (difference <= tolerance) continue;
        fail<NumericalError>(
            "decode kernels: step {} of length {} is off by {:.3g}, expected at most {:.3g}", c,
            length_, difference, tolerance);
      }
    }
    next_ = 0;
  }

  /// Bytes of keys and values that case c reads: of keys, the dimensions that any head of the group
  /// uses.
  double bytes(int64_t c) {
    const auto values = static_cast<double>(heads_.kv_heads * length_ * heads_.head_dim);
    if (c < 2) return 2.0 * values * float_bytes;
    run(c);
    double dims = 0.0;
    for (int64_t g = 0; g < heads_.kv_heads; ++g) {
      std::set<int32_t> used;
      for (int64_t h = g * heads_.group_size(); h < (g + 1) * heads_.group_size(); ++h) {
        const auto chosen = step_->dimensions(h);
        used.insert(chosen.begin(), chosen.end());
      }
      dims += static_cast<double>(used.size());
    }
    return (values + dims * static_cast<double>(length_)) * float_bytes;
  }

 private:
  void make_projections(uint64_t seed) {
    for (int64_t g = 0; g < heads_.kv_heads; ++g) {
      projections_.push_back(projection::make_random({.statistics = nullptr,
                                                      .head_dim = heads_.head_dim,
                                                      .seed = seed,
                                                      .layer = {0},
                                                      .kv_head = g})
                                 .query_map);
    }
  }

  LayerCache make_cache(Random& random) {
    LayerCache cache;
    cache.rotated.resize(stored_.size());
    std::vector<float> rotated(static_cast<std::size_t>(heads_.head_dim));
    for (int64_t g = 0; g < heads_.kv_heads; ++g) {
      Matrix<float> keys(length_, heads_.head_dim);
      Matrix<float> values(length_, heads_.head_dim);
      fill_normal(keys, random);
      fill_normal(values, random);
      const auto map = Matrix<float>::copy_of(projections_[g].view());
      cache.blocks.emplace_back(length_, heads_.head_dim);
      for (std::size_t s = 0; s < stored_.size(); ++s) {
        cache.rotated[s].emplace_back(length_, stored_[s]);
      }
      for (int64_t j = 0; j < length_; ++j) {
        cache.blocks.back().set(j, keys.row(j));
        ops::weighted_sum(keys.row(j), map, rotated);
        for (std::size_t s = 0; s < stored_.size(); ++s) cache.rotated[s].back().set(j, rotated);
      }
      cache.tokens.push_back(std::move(keys));
      cache.values.push_back(std::move(values));
    }
    return cache;
  }

  HeadLayout heads_;
  std::vector<BreakevenSetting> settings_;
  int64_t length_;
  std::vector<int64_t> stored_;  // distinct numbers of stored dimensions
  std::vector<AquaStep> steps_;  // [setting]
  std::vector<Matrix<double>> projections_;
  NewToken token_;
  std::vector<LayerCache> caches_;
  std::optional<DecodeStep> step_;
  Matrix<float> out_;
  std::size_t next_ = 0;
  float sum_ = 0.0F;
};

/// Seconds of one call of `work`, from as many calls, a multiple of `round`, as `seconds` takes.
double sample(double seconds, int64_t round, int64_t& calls, const std::function<void()>& work) {
  while (true) {
    const double start = thread_seconds();
    for (int64_t i = 0; i < calls; ++i) work();
    const double taken = thread_seconds() - start;
    if (taken >= seconds) return taken / static_cast<double>(calls);
    calls = round * std::max<int64_t>(2 * calls / round, 1);
  }
}

StepTime summarise(std::vector<double> samples) {
  std::ranges::sort(samples);
  return {.median = quantile(samples, 0.5),
          .low = quantile(samples, 0.1),
          .high = quantile(samples, 0.9)};
}

/// [case][repeat] seconds of one length.
using Samples = std::vector<std::vector<double>>;

Samples take_samples(const BreakevenOptions& options, Bench& bench, int64_t layers,
                     LengthResult& result, const CancelToken& cancel) {
  const int64_t cases = bench.cases();
  std::vector<int64_t> calls(static_cast<std::size_t>(cases + 1), layers);
  Samples samples(static_cast<std::size_t>(cases + 1));
  int64_t read_bytes = 0;
  for (int64_t repeat = -1; repeat < options.repeats; ++repeat) {  // the first only warms up
    for (int64_t c = 0; c <= cases; ++c) {
      cancel.check();
      const double seconds =
          c < cases ? sample(options.sample_seconds, layers, calls[c], [&] { bench.run(c); })
                    : sample(options.sample_seconds, layers, calls[c],
                             [&] { read_bytes = bench.read(); });
      if (repeat >= 0) samples[c].push_back(seconds);
    }
  }
  if (!std::isfinite(bench.read_sum())) fail<NumericalError>("decode kernels: the read has no sum");
  result.stream = static_cast<double>(read_bytes) / summarise(samples.back()).median;
  return samples;
}

Crossing spread(Crossing crossing, const std::vector<int64_t>& lengths,
                const std::vector<std::vector<double>>& differences) {
  std::vector<double> found;
  for (const std::vector<double>& difference : differences) {
    if (const Crossing one = crossing_of(lengths, difference); one.length) {
      found.push_back(*one.length);
    }
  }
  crossing.repeats_crossing = std::ssize(found);
  if (found.size() < 2) return crossing;
  std::ranges::sort(found);
  crossing.low = quantile(found, 0.1);
  crossing.high = quantile(found, 0.9);
  return crossing;
}

}  // namespace

BreakevenResult measure_breakeven(const BreakevenOptions& options, const Execution& execution) {
  BreakevenResult result;
  result.options = options;
  result.settings = breakeven_settings(options);
  result.last_level_cache = last_level_cache();
  result.instructions = ops::decode_instructions();
  const int64_t cache = result.last_level_cache > 0 ? result.last_level_cache : assumed_cache;
  std::vector<Samples> samples;  // [length]
  execution.progress.begin("break-even", std::ssize(options.lengths), "lengths");
  for (const int64_t length : options.lengths) {
    LengthResult at{.length = length};
    at.kv_bytes = 2 * options.heads.kv_heads * length * options.heads.head_dim * float_bytes;
    at.layers_in_turn =
        std::clamp<int64_t>((4 * cache + at.kv_bytes - 1) / at.kv_bytes, 1, options.layers);
    at.working_set = at.kv_bytes * at.layers_in_turn;
    Bench bench(options, result.settings, length, at.layers_in_turn, execution.cancel);
    bench.check();
    samples.push_back(take_samples(options, bench, at.layers_in_turn, at, execution.cancel));
    const auto time = [&](int64_t c) {
      StepTime step = summarise(samples.back()[c]);
      step.bytes = bench.bytes(c);
      step.bandwidth = step.bytes / step.median / at.stream;
      return step;
    };
    at.standard_tokens = time(0);
    at.standard_blocks = time(1);
    at.blocks_win = at.standard_blocks.median < at.standard_tokens.median;
    for (int64_t s = 0; s < std::ssize(result.settings); ++s) at.aqua.push_back(time(2 + s));
    result.lengths.push_back(std::move(at));
    execution.progress.advance(1);
  }
  execution.progress.end();

  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    std::vector<double> medians;
    std::vector<std::vector<double>> repeats(static_cast<std::size_t>(options.repeats));
    for (std::size_t l = 0; l < result.lengths.size(); ++l) {
      const LengthResult& at = result.lengths[l];
      medians.push_back(at.aqua[s].median - at.standard().median);
      for (std::size_t r = 0; r < repeats.size(); ++r) {
        repeats[r].push_back(samples[l][2 + s][r] - samples[l][at.blocks_win ? 1 : 0][r]);
      }
    }
    result.crossings.push_back(
        spread(crossing_of(options.lengths, medians), options.lengths, repeats));
  }
  return result;
}

}  // namespace aqua::analysis
