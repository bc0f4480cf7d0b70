#include "aqua/ops/rotary.hpp"

#include <cmath>

#include "loops.hpp"

namespace aqua::ops {

RotaryTable::RotaryTable(std::span<const float> inverse_frequency, int64_t positions,
                         float attention_scale)
    : cos_(positions, static_cast<int64_t>(inverse_frequency.size())),
      sin_(positions, static_cast<int64_t>(inverse_frequency.size())) {
  for (int64_t p = 0; p < positions; ++p) {
    for (int64_t i = 0; i < cos_.cols(); ++i) {
      const float angle = static_cast<float>(p) * inverse_frequency[static_cast<std::size_t>(i)];
      cos_(p, i) = static_cast<float>(std::cos(static_cast<double>(angle))) * attention_scale;
      sin_(p, i) = static_cast<float>(std::sin(static_cast<double>(angle))) * attention_scale;
    }
  }
}

void RotaryTable::apply(std::span<const int32_t> positions, RotaryPairing pairing,
                        HeadsView<float> x) const {
  const Loops& run = loops();
  const auto rotate = pairing == RotaryPairing::halves ? run.rotate_halves : run.rotate_neighbours;
  for (int64_t t = 0; t < x.tokens(); ++t) {
    const int64_t p = positions[static_cast<std::size_t>(t)];
    for (int64_t h = 0; h < x.heads(); ++h) {
      rotate(x.head(h).row(t).data(), cos_.row(p).data(), sin_.row(p).data(), cos_.cols());
    }
  }
}

}  // namespace aqua::ops
