// Test data, and distances from double-precision references.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "aqua/core/random.hpp"

namespace aqua::ops {

constexpr double epsilon = std::numeric_limits<float>::epsilon();

/// `count` independent normals of standard deviation `spread`.
inline std::vector<float> normals(int64_t count, uint64_t seed, double spread = 1.0) {
  Random random(seed, Random::Purpose::test);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(spread * random.normal());
  return values;
}

/// |value − exact| in units of the last place of exact as a float.
inline double ulps(float value, double exact) {
  const auto rounded = std::abs(static_cast<float>(exact));
  const double unit =
      static_cast<double>(std::nextafter(rounded, std::numeric_limits<float>::infinity())) -
      static_cast<double>(rounded);
  return std::abs(static_cast<double>(value) - exact) / unit;
}

}  // namespace aqua::ops
