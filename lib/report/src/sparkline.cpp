#include "aqua/report/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace aqua::report {
namespace {

constexpr std::array<std::string_view, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

}  // namespace

std::string sparkline(std::span<const double> values, double low, double high) {
  std::string line;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      line += ' ';
      continue;
    }
    // Halves keep the difference of two huge numbers finite.
    const double span = high / 2 - low / 2;
    const double share = span > 0.0 ? std::clamp((value / 2 - low / 2) / span, 0.0, 1.0) : 0.0;
    const auto step = static_cast<std::size_t>(share * blocks.size());
    line += blocks[std::min(step, blocks.size() - 1)];
  }
  return line;
}

std::string sparkline(std::span<const double> values) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return sparkline(values, low, high);
}

}  // namespace aqua::report
