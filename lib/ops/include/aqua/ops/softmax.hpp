// Attention logits to attention weights.
#pragma once

#include <optional>
#include <span>

namespace aqua::ops {

/// x ← cap·tanh(x/cap) in place. Absolute error: a few units in the last place of cap.
void soft_cap(std::span<float> x, float cap);

/// x ← softmax(x) in place, with the maximum subtracted. A row of length 0 stays empty. Relative
/// error of each weight: a few ulp plus that of the logits.
void softmax(std::span<float> x);

/// x ← softmax(cap·tanh(x/cap)) when cap is set, else softmax(x).
void softmax_capped(std::span<float> x, std::optional<float> cap);

/// x_i ← e^{x_i − max x} in place; returns their sum. For callers that scale the product with V
/// instead of every weight.
float exponentials(std::span<float> x, std::optional<float> cap);

}  // namespace aqua::ops
