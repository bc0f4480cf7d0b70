#include "retention_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "aqua/report/numbers.hpp"
#include "aqua/report/sparkline.hpp"
#include "aqua/report/table.hpp"
#include "retention_index.hpp"
#include "retention_tables.hpp"

namespace aqua::report {
namespace {

constexpr std::size_t most_blocks = 48;

/// Means of `group` neighbours each, leaving out what is not finite.
std::vector<double> grouped_means(const std::vector<double>& values, std::size_t group) {
  std::vector<double> means;
  for (std::size_t first = 0; first < values.size(); first += group) {
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t i = first; i < std::min(first + group, values.size()); ++i) {
      if (!std::isfinite(values[i])) continue;
      sum += values[i];
      count += 1.0;
    }
    means.push_back(count > 0.0 ? sum / count : std::numeric_limits<double>::quiet_NaN());
  }
  return means;
}

std::vector<double> layer_values(const analysis::MeasureResult& result) {
  std::vector<double> values;
  for (const analysis::Estimate& layer : result.layers) values.push_back(layer.value);
  return values;
}

}  // namespace

std::string layer_profiles(const RetentionReport& report, std::string_view basis, double k_ratio) {
  struct Profile {
    std::string corpus;
    std::vector<double> values;
  };
  std::vector<Profile> profiles;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const analysis::RetentionResult& result : report.corpora) {
    const auto* loss =
        find(result, basis, k_ratio, analysis::Selection::dynamic, analysis::Measure::query_loss);
    if (loss == nullptr || loss->layers.size() < 3) continue;
    Profile profile{printable(result.corpus.name), layer_values(*loss)};
    for (const double value : profile.values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    profiles.push_back(std::move(profile));
  }
  if (profiles.empty()) return "";
  const std::size_t layers = profiles.front().values.size();
  const std::size_t group = (layers + most_blocks - 1) / most_blocks;
  const std::vector<LayerIndex>& measured = report.corpora.front().layers;
  std::string out = wrap(fmt::format(
      "Dynamic query loss by layer at k/d = {}, layers {} to {}{}; lowest block {}, highest {}",
      ratio_text(k_ratio), measured.front().value, measured.back().value,
      group > 1 ? fmt::format(", {} a block", group) : "", fixed(low, 4), fixed(high, 4)));
  LabelList lines;
  for (const Profile& profile : profiles) {
    lines.add(profile.corpus, sparkline(grouped_means(profile.values, group), low, high));
  }
  return '\n' + out + '\n' + lines.render();
}

}  // namespace aqua::report
