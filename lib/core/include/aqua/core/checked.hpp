// Arithmetic on sizes that come from files: every product and sum is checked, so that a hostile
// header cannot make a size wrap around.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "aqua/core/error.hpp"

namespace aqua {

/// a·b, or a FormatError that starts with `context` when it does not fit 63 bits.
inline int64_t checked_multiply(int64_t a, int64_t b, std::string_view context) {
  int64_t result = 0;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &result)) {
    fail<FormatError>("{}: size {} x {} is out of range", context, a, b);
  }
  return result;
}

/// a+b, or a FormatError that starts with `context` when it does not fit 63 bits.
inline int64_t checked_add(int64_t a, int64_t b, std::string_view context) {
  int64_t result = 0;
  if (a < 0 || b < 0 || __builtin_add_overflow(a, b, &result)) {
    fail<FormatError>("{}: size {} + {} is out of range", context, a, b);
  }
  return result;
}

/// The number of elements of an array with this shape; 1 for a scalar (empty shape).
inline int64_t checked_elements(std::span<const int64_t> shape, std::string_view context) {
  int64_t count = 1;
  for (const int64_t extent : shape) count = checked_multiply(count, extent, context);
  return count;
}

/// Narrows an integer, or throws a FormatError that starts with `context`.
template <std::integral To, std::integral From>
To checked_narrow(From value, std::string_view context) {
  if (!std::in_range<To>(value)) fail<FormatError>("{}: {} is out of range", context, value);
  return static_cast<To>(value);
}

}  // namespace aqua
