// Quantised keys: each group of values is stored as whole numbers of few bits with the group's
// minimum and step.
#pragma once

#include <cstdint>

#include "aqua/core/matrix.hpp"

namespace aqua::attention {

/// Which values share minimum and step.
enum class Grouping {
  token,    ///< `size` consecutive dimensions of one key; the last group may be shorter
  channel,  ///< `size` consecutive tokens of one dimension; only whole groups are quantised
};

struct Quantisation {
  int64_t bits = 8;  ///< 1 … 16
  Grouping grouping = Grouping::token;
  int64_t size = 32;
};

/// Replaces values by what is read back, asymmetrically: with step = (max − min)/(2^bits − 1) over
/// the group, min + step·round((x − min)/step), ties to even; a group of equal values stays.
void quantise(const Quantisation& how, MatrixView<float> keys);

}  // namespace aqua::attention
