// Gated activations of the feed-forward block.
#pragma once

#include "aqua/core/matrix.hpp"

namespace aqua::ops {

/// out = silu(gate) ⊙ up, silu(x) = x/(1 + e^{−x}); all [n,width]. out may be gate or up.
void silu_times(ConstMatrixView<float> gate, ConstMatrixView<float> up, MatrixView<float> out);

}  // namespace aqua::ops
