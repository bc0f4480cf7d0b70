#include "aqua/analysis/sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aqua/core/error.hpp"
#include "aqua/core/random.hpp"
#include "bootstrap.hpp"

namespace aqua::analysis {
namespace {

// |difference| of every pair, appended.
void add_distances(std::span<const double> losses, std::vector<double>& out) {
  for (std::size_t a = 0; a < losses.size(); ++a) {
    for (std::size_t b = a + 1; b < losses.size(); ++b) {
      out.push_back(std::abs(losses[a] - losses[b]));
    }
  }
}

SensitivityLoss loss(const RetentionResult& measured, std::size_t evaluation,
                     std::size_t group_count, std::size_t parts, std::size_t cases, std::size_t c) {
  const Setting& setting = measured.settings[c];
  SensitivityLoss loss{.evaluation = evaluation,
                       .k_ratio = setting.k_ratio,
                       .k = setting.k,
                       .selection = setting.selection,
                       .losses = {},
                       .groups = {},
                       .differences = {}};
  for (std::size_t g = 0; g < group_count; ++g) {
    auto& of_group = loss.losses.emplace_back();
    for (std::size_t p = 0; p < parts; ++p) {
      const auto& results = measured.results[(g * parts + p) * cases + c];
      of_group.push_back(results.at(Measure::query_loss).model.value);
    }
    loss.groups.push_back(spread(of_group));
  }
  for (std::size_t g = 0; g < group_count; ++g) {
    if (g == evaluation) continue;
    std::vector<double> distances;
    add_distances(loss.losses[g], distances);
    add_distances(loss.losses[evaluation], distances);
    std::ranges::sort(distances);
    DomainDifference difference{.group = g,
                                .difference = loss.groups[g].mean - loss.groups[evaluation].mean,
                                .noise = quantile(distances, 0.95)};
    difference.beyond_noise = std::abs(difference.difference) > difference.noise;
    loss.differences.push_back(difference);
  }
  return loss;
}

std::vector<SensitivityOverlap> overlaps(std::span<const NamedBasis> bases, std::size_t parts,
                                         const RetentionResult& measured,
                                         const Execution& execution) {
  const std::size_t groups = bases.size() / parts;
  const std::size_t cases = measured.settings.size() / bases.size();
  std::vector<SensitivityOverlap> overlaps;
  std::vector<int64_t> kept;
  for (std::size_t c = 0; c < cases; c += 2) {
    const Setting& setting = measured.settings[c];
    kept.push_back(setting.k);
    overlaps.push_back({.k_ratio = setting.k_ratio,
                        .k = setting.k,
                        .chance = static_cast<double>(setting.k) /
                                  static_cast<double>(measured.model.heads.head_dim),
                        .mean = std::vector(groups, std::vector<double>(groups, 0.0)),
                        .lowest = std::vector(groups, std::vector<double>(groups, 1.0))});
  }
  struct Pair {
    std::size_t a = 0;
    std::size_t b = 0;
    std::vector<double> overlaps;  // [k]
  };
  std::vector<Pair> pairs;
  for (std::size_t a = 0; a < bases.size(); ++a) {
    for (std::size_t b = a + 1; b < bases.size(); ++b) pairs.push_back({a, b, {}});
  }
  execution.for_each(std::ssize(pairs), [&](int64_t index, int) {
    Pair& pair = pairs[index];
    pair.overlaps = mean_overlaps(bases[pair.a], bases[pair.b], measured.layers, kept);
  });
  std::vector<std::vector<double>> counts(groups, std::vector<double>(groups, 0.0));
  for (const Pair& pair : pairs) {
    const std::size_t g = pair.a / parts;
    const std::size_t h = pair.b / parts;
    counts[g][h] += 1.0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      overlaps[i].mean[g][h] += pair.overlaps[i];
      overlaps[i].lowest[g][h] = std::min(overlaps[i].lowest[g][h], pair.overlaps[i]);
    }
  }
  for (SensitivityOverlap& overlap : overlaps) {
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t h = g; h < groups; ++h) {
        overlap.mean[g][h] /= counts[g][h];
        overlap.mean[h][g] = overlap.mean[g][h];
        overlap.lowest[h][g] = overlap.lowest[g][h];
      }
    }
  }
  return overlaps;
}

}  // namespace

std::vector<int32_t> deal_documents(int64_t documents, int64_t parts, uint64_t seed,
                                    uint64_t index) {
  if (parts < 2) fail<UsageError>("parts: expected at least 2, found {}", parts);
  if (documents < parts) {
    fail<UsageError>("parts: expected at most {}, one for each document, found {}", documents,
                     parts);
  }
  std::vector<int64_t> order(documents);
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, Random::Purpose::document_split, 1 + index);
  for (int64_t i = 0; i < documents; ++i) {
    std::swap(order[i],
              order[i + static_cast<int64_t>(random.below(static_cast<uint64_t>(documents - i)))]);
  }
  std::vector<int32_t> part_of(documents);
  for (int64_t i = 0; i < documents; ++i) part_of[order[i]] = static_cast<int32_t>(i % parts);
  return part_of;
}

Spread spread(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  Spread result{.mean = std::accumulate(values.begin(), values.end(), 0.0) / count};
  double squares = 0.0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / (count - 1.0));
  result.low = *std::ranges::min_element(values);
  result.high = *std::ranges::max_element(values);
  return result;
}

SensitivityResult assemble_sensitivity(std::vector<SensitivityGroup> groups,
                                       std::span<const NamedBasis> bases,
                                       std::span<const RetentionResult> measured,
                                       const Execution& execution) {
  if (groups.empty() || measured.size() != groups.size()) {
    fail<UsageError>("sensitivity: expected {} measured texts, found {}", groups.size(),
                     measured.size());
  }
  const std::size_t parts = groups.front().parts.size();
  if (parts < 2 || bases.size() != groups.size() * parts) {
    fail<UsageError>("sensitivity: expected {} bases, found {}", groups.size() * parts,
                     bases.size());
  }
  const RetentionResult& first = measured.front();
  const std::size_t cases = first.settings.size() / bases.size();
  SensitivityResult result{.model = first.model,
                           .options = first.options,
                           .layers = first.layers,
                           .groups = std::move(groups),
                           .held_out = {},
                           .losses = {},
                           .overlaps = overlaps(bases, parts, first, execution)};
  for (std::size_t e = 0; e < measured.size(); ++e) {
    result.held_out.push_back(measured[e].corpus);
    for (std::size_t c = 0; c < cases; ++c) {
      result.losses.push_back(loss(measured[e], e, result.groups.size(), parts, cases, c));
    }
  }
  return result;
}

}  // namespace aqua::analysis
