// Activations of the feed-forward block.
#pragma once

#include "aqua/core/matrix.hpp"

namespace aqua::ops {

/// silu(x) = x/(1 + e^{−x}); gelu(x) = x·Φ(x) with the normal distribution function Φ (arXiv
/// 1606.08415), and its approximation x/2·(1 + tanh(√(2/π)(x + 0.044715 x³))); relu(x) = max(x, 0).
enum class Activation { silu, gelu_tanh, gelu, relu };
inline constexpr int activations = 4;

/// x ← f(x), element by element. Absolute error at most 4 units in the last place of x.
void activate(Activation f, MatrixView<float> x);

/// out = f(gate) ⊙ up; all [n,width]. out may be gate or up.
void activate_times(Activation f, ConstMatrixView<float> gate, ConstMatrixView<float> up,
                    MatrixView<float> out);

}  // namespace aqua::ops
