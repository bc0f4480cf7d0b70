// Curves of one line of text, for the terminal.
#pragma once

#include <span>
#include <string>

namespace aqua::report {

/// One block character (U+2581 … U+2588, eight heights, one column each) per value: the lowest for
/// `low` and below, the highest for `high` and above, in between in eight equal steps. A value that
/// is not finite is a space. When high <= low every finite value has the lowest block.
std::string sparkline(std::span<const double> values, double low, double high);

/// From the least to the greatest of the finite values.
std::string sparkline(std::span<const double> values);

}  // namespace aqua::report
