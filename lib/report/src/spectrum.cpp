#include "spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aqua::report {
namespace {

double energy(std::span<const double> singular_values) {
  double sum = 0.0;
  for (const double value : singular_values) sum += value * value;
  return sum > 0.0 ? sum : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double leading_energy(std::span<const double> singular_values, std::size_t count) {
  double sum = 0.0;
  for (const double value : singular_values.first(std::min(count, singular_values.size()))) {
    sum += value * value;
  }
  return sum / energy(singular_values);
}

double effective_rank(std::span<const double> singular_values) {
  const double total = energy(singular_values);
  if (std::isnan(total)) return total;
  double entropy = 0.0;
  for (const double value : singular_values) {
    const double share = value * value / total;
    if (share > 0.0) entropy -= share * std::log(share);
  }
  return std::exp(entropy);
}

}  // namespace aqua::report
