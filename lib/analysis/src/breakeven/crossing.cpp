#include "aqua/analysis/breakeven.hpp"
#include "aqua/attention/cost.hpp"
#include "aqua/core/error.hpp"
#include "aqua/projection/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aqua::analysis {

std::vector<BreakevenSetting> breakeven_settings(const BreakevenOptions& options) {
  validate(options.heads, "head layout");
  if (options.lengths.empty() || options.k_ratios.empty()) {
    fail<UsageError>("lengths and k_ratios: expected at least one of each");
  }
  for (std::size_t i = 0; i < options.lengths.size(); ++i) {
    const int64_t length = options.lengths[i];
    if (length < 1 || (i > 0 && length <= options.lengths[i - 1])) {
      fail<UsageError>("lengths: expected rising numbers from 1, found {}", length);
    }
  }
  if (options.repeats < 1)
    fail<UsageError>("repeats: expected 1 or more, found {}", options.repeats);
  std::vector<double> shares{0.0};
  for (const double s : options.s_ratios) {
    if (!(s >= 0.0 && s < 1.0)) {
      fail<UsageError>("s_ratio: expected a number from 0 to below 1, found {}", s);
    }
    if (std::ranges::find(shares, s) == shares.end()) shares.push_back(s);
  }
  const int64_t d = options.heads.head_dim;
  std::vector<BreakevenSetting> settings;
  for (const double s : shares) {
    for (const double k_ratio : options.k_ratios) {
      BreakevenSetting setting{.k_ratio = k_ratio, .s_ratio = s};
      setting.stored = d - static_cast<int64_t>(std::floor(s * static_cast<double>(d)));
      setting.k = projection::kept_dimensions(k_ratio, setting.stored);
      const double rotate = static_cast<double>(d * setting.stored);
      setting.overhead = rotate + rotate / static_cast<double>(options.heads.group_size()) +
                         attention::selection_rounds * static_cast<double>(setting.stored);
      setting.formula_length = setting.k < d ? setting.overhead / static_cast<double>(d - setting.k)
                                             : std::numeric_limits<double>::infinity();
      settings.push_back(setting);
    }
  }
  return settings;
}

Crossing crossing_of(const std::vector<int64_t>& lengths, const std::vector<double>& difference) {
  Crossing crossing;
  std::size_t first = lengths.size();  // from here on it is faster
  while (first > 0 && difference[first - 1] < 0.0) --first;
  if (first == lengths.size()) return crossing;
  crossing.from_the_start = first == 0;
  if (first == 0) {
    crossing.length = static_cast<double>(lengths.front());
    return crossing;
  }
  const auto below = static_cast<double>(lengths[first - 1]);
  const auto above = static_cast<double>(lengths[first]);
  const double slower = difference[first - 1];
  const double faster = difference[first];
  crossing.length = below + (above - below) * slower / (slower - faster);
  return crossing;
}

}  // namespace aqua::analysis
