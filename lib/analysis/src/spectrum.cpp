#include "aqua/analysis/spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aqua/core/error.hpp"
#include "aqua/linalg/svd.hpp"

namespace aqua::analysis {
namespace {

double energy(std::span<const double> singular_values) {
  double sum = 0.0;
  for (const double value : singular_values) sum += value * value;
  return sum > 0.0 ? sum : std::numeric_limits<double>::quiet_NaN();
}

FactorSpectrum factor_spectrum(std::vector<double> singular_values,
                               std::span<const double> shares) {
  FactorSpectrum spectrum{.singular_values = std::move(singular_values),
                          .effective_rank = 0.0,
                          .participation_ratio = 0.0,
                          .ranks = {}};
  spectrum.effective_rank = effective_rank(spectrum.singular_values);
  spectrum.participation_ratio = participation_ratio(spectrum.singular_values);
  for (const double share : shares) {
    spectrum.ranks.push_back(rank_for_energy(spectrum.singular_values, share));
  }
  return spectrum;
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

double participation_ratio(std::span<const double> singular_values) {
  const double total = energy(singular_values);
  double squares = 0.0;
  for (const double value : singular_values) {
    const double share = value * value / total;
    squares += share * share;
  }
  return 1.0 / squares;
}

int64_t rank_for_energy(std::span<const double> singular_values, double share) {
  const double total = energy(singular_values);
  if (std::isnan(total)) return 0;
  double sum = 0.0;
  int64_t rank = 0;
  // The sum of all equals `total` to the last bit, so that the loop ends in the range.
  while (sum < share * total) {
    sum += singular_values[rank] * singular_values[rank];
    ++rank;
  }
  return rank;
}

std::string_view name(Factor factor) {
  switch (factor) {
    case Factor::joint:
      return "joint";
    case Factor::query:
      return "query";
    case Factor::key:
      return "key";
  }
  __builtin_unreachable();
}

SpectrumResult spectrum(const store::Calibration& calibration, std::vector<double> shares,
                        const Execution& execution) {
  for (const double share : shares) {
    if (!(share > 0.0 && share <= 1.0)) {
      fail<UsageError>("energy share: expected above 0 and at most 1, found {}", share);
    }
  }
  SpectrumResult result{.model = calibration.model,
                        .corpora = calibration.provenance.corpora,
                        .shares = std::move(shares),
                        .heads = {}};
  struct Task {
    const store::CalibratedHead* head = nullptr;
    HeadSpectrum* out = nullptr;
  };
  std::vector<Task> tasks;
  for (const auto& [key, heads] : calibration.heads) {
    auto& out = result.heads[key];
    out.resize(heads.size());
    for (std::size_t g = 0; g < heads.size(); ++g) tasks.push_back({&heads[g], &out[g]});
  }
  execution.for_each(std::ssize(tasks), [&](int64_t index, int) {
    const auto& [head, out] = tasks[index];
    const projection::HeadStatistics& statistics = head->statistics;
    out->factors = {factor_spectrum(head->aqua.singular_values, result.shares),
                    factor_spectrum(linalg::svd(statistics.query.r()).s, result.shares),
                    factor_spectrum(linalg::svd(statistics.key.r()).s, result.shares)};
    out->query_rows = statistics.query.count();
    out->key_rows = statistics.key.count();
  });
  return result;
}

}  // namespace aqua::analysis
