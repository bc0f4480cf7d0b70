// From which context length AQUA pays: by counting, and by timing real kernels on this CPU.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/heads.hpp"

namespace aqua::analysis {

struct BreakevenOptions {
  HeadLayout heads;
  int64_t layers = 1;  ///< of the model: a decode step meets the caches of all of them
  std::vector<int64_t> lengths{64, 128, 256, 512, 1024, 2048, 4096, 8192};  ///< rising, >= 1
  std::vector<double> k_ratios{0.25, 0.5, 0.75};
  /// AQUA-Memory: shares of the key dimensions that are not stored; each is combined with every
  /// k_ratio, which then counts among the stored ones. 0 is always measured.
  std::vector<double> s_ratios{0.25};
  int64_t repeats = 15;            ///< interleaved samples of everything
  double sample_seconds = 0.5e-3;  ///< least length of a sample
  uint64_t seed = 0;               ///< of the made-up vectors
};

/// One AQUA setting.
struct BreakevenSetting {
  double k_ratio = 0.0;
  double s_ratio = 0.0;
  int64_t stored = 0;  ///< m = d − floor(s_ratio·d)
  int64_t k = 0;       ///< kept_dimensions(k_ratio, m)
  /// Multiply-adds of a query head that do not grow with L: d·m + d·m/G + selection (10·m).
  double overhead = 0.0;
  /// L* = overhead / (d − k); infinite at k = d.
  double formula_length = 0.0;
};

/// Processor seconds for one layer's decode step: the median over repeats and the 10 % and 90 %
/// quantiles.
struct StepTime {
  double median = 0.0;
  double low = 0.0;
  double high = 0.0;
  double bytes = 0.0;      ///< of keys and values that the step reads
  double bandwidth = 0.0;  ///< bytes / median, relative to the stream read of the same run
};

struct LengthResult {
  int64_t length = 0;
  int64_t kv_bytes = 0;             ///< keys and values of one layer, float32
  int64_t layers_in_turn = 0;       ///< caches that the steps go through one after the other
  int64_t working_set = 0;          ///< kv_bytes·layers_in_turn
  double stream = 0.0;              ///< bytes per second of a plain read of that working set
  StepTime standard_tokens = {};    ///< keys stored by token
  StepTime standard_blocks = {};    ///< keys stored in blocks of dimensions
  bool blocks_win = false;          ///< the layout that AQUA is compared with
  std::vector<StepTime> aqua = {};  ///< [setting]

  const StepTime& standard() const { return blocks_win ? standard_blocks : standard_tokens; }
};

/// Where AQUA becomes faster for good: the smallest length, interpolated between measured ones,
/// from which it is faster at every longer one.
struct Crossing {
  std::optional<double> length;  ///< of the medians; absent: not reached
  bool from_the_start = false;   ///< it is faster at every measured length; length is the smallest
  std::optional<double> low;     ///< 10 % and 90 % quantiles over the repeats that cross
  std::optional<double> high;
  int64_t repeats_crossing = 0;
};

struct BreakevenResult {
  BreakevenOptions options;
  std::vector<BreakevenSetting> settings;  ///< s_ratio 0 first, by rising k_ratio as given
  std::vector<LengthResult> lengths;
  std::vector<Crossing> crossings;  ///< [setting]
  int64_t last_level_cache = 0;     ///< bytes, 0: not known
  std::string instructions;         ///< of the kernels, "AVX-512"
};

/// UsageError on impossible options.
std::vector<BreakevenSetting> breakeven_settings(const BreakevenOptions& options);

/// faster[i] < 0 where AQUA is faster at lengths[i]: where the difference changes sign for good.
Crossing crossing_of(const std::vector<int64_t>& lengths, const std::vector<double>& difference);

/// Times, in one thread, everything that a decode step of one layer does between projections and
/// output: append the new key and value; standard: scores, softmax, value product; AQUA: also
/// rotates q (every head) and the new k (once per group) and selects. Answers are checked against
/// double precision before anything is timed (NumericalError).
///
/// The steps go through the caches of up to `layers` layers in turn, as decoding does: of as many
/// as the model has, but no more than four times the last-level cache holds. Samples of all
/// settings take turns within each repeat, so that slow phases of the machine meet all of them.
/// Times are processor time of the thread.
BreakevenResult measure_breakeven(const BreakevenOptions& options, const Execution& execution);

}  // namespace aqua::analysis
