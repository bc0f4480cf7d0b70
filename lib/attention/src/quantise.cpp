#include "quantise.hpp"

#include <algorithm>
#include <cmath>

namespace aqua::attention {
namespace {

// In double, so that results are those of the definition but for the last rounding.
void quantise_group(int64_t bits, MatrixView<float> group) {
  double low = group(0, 0);
  double high = low;
  for (int64_t r = 0; r < group.rows(); ++r) {
    for (const float value : group.row(r)) {
      low = std::min(low, static_cast<double>(value));
      high = std::max(high, static_cast<double>(value));
    }
  }
  const double step = (high - low) / static_cast<double>((int64_t{1} << bits) - 1);
  if (!(step > 0.0)) return;
  for (int64_t r = 0; r < group.rows(); ++r) {
    for (float& value : group.row(r)) {
      value = static_cast<float>(low + step * std::nearbyint((value - low) / step));
    }
  }
}

}  // namespace

void quantise(const Quantisation& how, MatrixView<float> keys) {
  if (how.grouping == Grouping::token) {
    for (int64_t t = 0; t < keys.rows(); ++t) {
      for (int64_t c = 0; c < keys.cols(); c += how.size) {
        quantise_group(how.bits, keys.rows(t, 1).columns(c, std::min(how.size, keys.cols() - c)));
      }
    }
    return;
  }
  for (int64_t t = 0; t + how.size <= keys.rows(); t += how.size) {
    for (int64_t c = 0; c < keys.cols(); ++c) {
      quantise_group(how.bits, keys.rows(t, how.size).columns(c, 1));
    }
  }
}

}  // namespace aqua::attention
