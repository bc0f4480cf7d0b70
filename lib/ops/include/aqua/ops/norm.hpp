// Normalisation of hidden states.
#pragma once

#include <span>

#include "aqua/core/matrix.hpp"

namespace aqua::ops {

/// Root-mean-square norm of each row: out = x / sqrt(mean(x²) + epsilon) · weight. x, out
/// [n,width], weight [width]; out may be x. Returns false when a row's mean square is not finite.
[[nodiscard]] bool rms_norm(ConstMatrixView<float> x, std::span<const float> weight, float epsilon,
                            MatrixView<float> out);

/// Layer norm of each row (arXiv 1607.06450): out = (x − mean(x)) / sqrt(var(x) + epsilon) · weight
/// + bias, with the variance over n elements, not n − 1. x, out [n,width], weight and bias [width];
/// out may be x. Returns false when a row's variance is not finite.
[[nodiscard]] bool layer_norm(ConstMatrixView<float> x, std::span<const float> weight,
                              std::span<const float> bias, float epsilon, MatrixView<float> out);

}  // namespace aqua::ops
