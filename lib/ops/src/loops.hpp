// The vector loops behind the public operations, as a table filled per instruction set.
#pragma once

#include <array>
#include <cstdint>

#include "aqua/ops/activation.hpp"

namespace aqua::ops {

struct Loops {
  /// Σ x_i².
  float (*sum_of_squares)(const float* x, int64_t n);
  /// Σ x_i and Σ (x_i − mean)².
  float (*sum)(const float* x, int64_t n);
  float (*sum_of_squares_about)(const float* x, float mean, int64_t n);
  /// out_i = x_i · scale · w_i.
  void (*scale_by_weight)(const float* x, const float* w, float scale, int64_t n, float* out);
  /// out_i = (x_i − mean) · scale · w_i + b_i.
  void (*centre_scale_shift)(const float* x, float mean, float scale, const float* w,
                             const float* b, int64_t n, float* out);
  /// By Activation: x_i ← f(x_i), and out_i = f(gate_i) · up_i.
  std::array<void (*)(float* x, int64_t n), activations> activate;
  std::array<void (*)(const float* gate, const float* up, int64_t n, float* out), activations>
      activate_times;
  /// max x_i; −∞ for n = 0.
  float (*maximum)(const float* x, int64_t n);
  /// x_i ← e^{x_i − shift}; returns Σ of the results.
  float (*exp_shifted)(float* x, float shift, int64_t n);
  /// m ← max(m, max x_i); x_i ← e^{x_i − m}; returns Σ of the results.
  float (*exp_below_maximum)(float* x, int64_t n, float* m);
  /// e^x, as the others compute it.
  float (*exponential)(float x);
  /// x_i ← cap·tanh(x_i / cap).
  void (*soft_cap)(float* x, float cap, int64_t n);
  /// x_i ← x_i · scale.
  void (*scale)(float* x, float scale, int64_t n);
  /// Rotates n pairs by angles with the given cosines and sines: (x_i, x_{i+n}).
  void (*rotate_halves)(float* x, const float* cosine, const float* sine, int64_t n);
  /// The same for pairs (x_{2i}, x_{2i+1}).
  void (*rotate_neighbours)(float* x, const float* cosine, const float* sine, int64_t n);
};

extern const Loops loops_baseline;
extern const Loops loops_avx2;
extern const Loops loops_avx512;

/// The widest that this CPU runs.
const Loops& loops();

}  // namespace aqua::ops
