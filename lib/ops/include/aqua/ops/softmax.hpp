// Attention logits to attention weights.
#pragma once

#include <limits>
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

/// A softmax row that is seen piece by piece (Milakov and Gimelshein 2018, arXiv 1805.02867).
struct RunningSoftmax {
  float maximum = -std::numeric_limits<float>::infinity();  ///< of the logits so far
  float sum = 0.0F;                                         ///< Σ e^{x_i − maximum} so far
};
/// The next piece of the row, capped when cap is set: x_i ← e^{x_i − maximum} with the maximum of
/// everything so far. Returns e^{maximum before − maximum now}, by which what was computed from
/// earlier pieces is to be multiplied. An empty piece changes nothing. Dividing by the final sum
/// gives the softmax.
float continue_softmax(std::span<float> x, std::optional<float> cap, RunningSoftmax& row);

/// x ← x·factor.
void scale(std::span<float> x, float factor);

}  // namespace aqua::ops
