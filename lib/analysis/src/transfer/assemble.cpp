// The transfer matrix from retention results: cells, paired gaps and aligned differences.

#include <algorithm>
#include <array>
#include <cmath>

#include "aqua/analysis/transfer.hpp"
#include "aqua/core/error.hpp"
#include "bootstrap.hpp"

namespace aqua::analysis {
namespace {

constexpr std::array transferred{Measure::query_loss, Measure::query_energy_loss, Measure::key_loss,
                                 Measure::logit_error, Measure::output_error};

// Replicates of x − y; none when the two do not have as many.
Estimate difference(const Estimate& x, const Estimate& y, std::span<const double> x_replicates,
                    std::span<const double> y_replicates) {
  std::vector<double> replicates;
  if (x_replicates.size() == y_replicates.size()) {
    replicates.resize(x_replicates.size());
    std::ranges::transform(x_replicates, y_replicates, replicates.begin(), std::minus<>());
  }
  return with_interval(x.value - y.value, replicates);
}

const MeasureResult& result_of(const RetentionResult& result, std::string_view basis,
                               const TransferMeasure& measure) {
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const Setting& setting = result.settings[s];
    if (setting.basis == basis && setting.k_ratio == measure.k_ratio &&
        setting.selection == measure.selection) {
      return result.results[s].at(measure.measure);
    }
  }
  fail<UsageError>("transfer: {} was not measured with the basis \"{}\"", result.corpus.name,
                   basis);
}

// All that is defined with the first basis on the first text.
std::vector<TransferMeasure> measures_of(const RetentionResult& result) {
  std::vector<TransferMeasure> measures;
  for (const Measure measure : transferred) {
    for (std::size_t s = 0; s < result.settings.size(); ++s) {
      const Setting& setting = result.settings[s];
      if (setting.basis != result.settings.front().basis) continue;
      if (std::isnan(result.results[s].at(measure).model.value)) continue;
      measures.push_back({.measure = measure,
                          .selection = setting.selection,
                          .k_ratio = setting.k_ratio,
                          .k = setting.k});
    }
  }
  return measures;
}

TransferCell cell(const std::vector<TransferFit>& fits, const TransferEvaluation& evaluation,
                  std::size_t fit, const TransferMeasure& measure) {
  const MeasureResult& found = result_of(evaluation.all, fits[fit].name, measure);
  TransferCell cell{.value = {.model = found.model, .layers = found.layers},
                    .worst = found.worst,
                    .worst_layer = found.worst_layer,
                    .worst_head = found.worst_head,
                    .gap = {}};
  if (evaluation.native && *evaluation.native != fit) {
    cell.gap =
        paired_difference(found, result_of(evaluation.all, fits[*evaluation.native].name, measure));
  }
  return cell;
}

std::vector<AlignedDifference> aligned_differences(const TransferResult& result) {
  std::vector<AlignedDifference> differences;
  for (std::size_t a = 0; a < result.evaluations.size(); ++a) {
    for (std::size_t b = a + 1; b < result.evaluations.size(); ++b) {
      const auto& first = result.evaluations[a].aligned;
      const auto& second = result.evaluations[b].aligned;
      if (!first || !second) continue;
      if (first->documents != second->documents) {
        fail<UsageError>("transfer: {} and {} have {} and {} aligned documents", first->corpus.name,
                         second->corpus.name, first->documents, second->documents);
      }
      for (const TransferMeasure& measure : result.measures) {
        for (std::size_t fit = 0; fit < result.fits.size(); ++fit) {
          const MeasureResult& x = result_of(*first, result.fits[fit].name, measure);
          const MeasureResult& y = result_of(*second, result.fits[fit].name, measure);
          differences.push_back({.fit = fit,
                                 .first = a,
                                 .second = b,
                                 .measure = measure,
                                 .first_value = x.model.value,
                                 .second_value = y.model.value,
                                 .difference = paired_difference(x, y)});
        }
      }
    }
  }
  return differences;
}

}  // namespace

LayeredEstimate paired_difference(const MeasureResult& x, const MeasureResult& y) {
  LayeredEstimate estimate{.model = difference(x.model, y.model, x.replicates, y.replicates),
                           .layers = {}};
  for (std::size_t l = 0; l < x.layers.size(); ++l) {
    const bool kept = l < x.layer_replicates.size() && l < y.layer_replicates.size();
    estimate.layers.push_back(difference(
        x.layers[l], y.layers.at(l),
        kept ? std::span<const double>(x.layer_replicates[l]) : std::span<const double>(),
        kept ? std::span<const double>(y.layer_replicates[l]) : std::span<const double>()));
  }
  return estimate;
}

Finding finding(const Estimate& difference) {
  if (!difference.low || !difference.high) return Finding::no_interval;
  if (*difference.low > 0.0) return Finding::higher;
  if (*difference.high < 0.0) return Finding::lower;
  return Finding::within_noise;
}

TransferResult assemble_transfer(std::vector<TransferFit> fits,
                                 std::vector<TransferEvaluation> evaluations,
                                 std::span<const NamedBasis> bases, const Execution& execution) {
  if (fits.empty() || evaluations.empty()) {
    fail<UsageError>("transfer: expected at least one basis and one text");
  }
  TransferResult result;
  result.fits = std::move(fits);
  result.evaluations = std::move(evaluations);
  const RetentionResult& first = result.evaluations.front().all;
  result.model = first.model;
  result.options = first.options;
  result.layers = first.layers;
  result.measures = measures_of(first);
  for (const TransferMeasure& measure : result.measures) {
    auto& of_measure = result.cells.emplace_back();
    for (std::size_t fit = 0; fit < result.fits.size(); ++fit) {
      auto& row = of_measure.emplace_back();
      for (const TransferEvaluation& evaluation : result.evaluations) {
        row.push_back(cell(result.fits, evaluation, fit, measure));
      }
    }
  }
  for (const TransferEvaluation& evaluation : result.evaluations) {
    if (evaluation.aligned) result.aligned_documents = evaluation.aligned->documents;
  }
  result.differences = aligned_differences(result);

  std::vector<int64_t> kept;
  for (const double ratio : result.options.k_ratios) {
    for (const Setting& setting : first.settings) {
      if (setting.k_ratio != ratio) continue;
      kept.push_back(setting.k);
      break;
    }
  }
  for (std::size_t a = 0; a < bases.size(); ++a) {
    for (std::size_t b = a + 1; b < bases.size(); ++b) {
      result.subspaces.push_back(
          {.first = a,
           .second = b,
           .by_k = compare_subspaces(bases[a], bases[b], result.layers, kept, execution)});
    }
  }
  return result;
}

}  // namespace aqua::analysis
