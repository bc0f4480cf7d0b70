#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"
#include "aqua/report/transfer.hpp"
#include "estimates.hpp"
#include "retention_index.hpp"
#include "transfer_tables.hpp"

namespace aqua::report {
namespace {

using analysis::Finding;
using analysis::Measure;
using analysis::Selection;
using analysis::TransferCell;
using analysis::TransferResult;

std::string header(const TransferResult& result) {
  std::string out = "Transfer: what a basis fitted on one text loses on another\n\n";
  LabelList list;
  list.add("model", model_text(result.model));
  list.add("vectors", std::string(capture::name(result.options.site)));
  for (std::size_t f = 0; f < result.fits.size(); ++f) {
    const analysis::TransferFit& fit = result.fits[f];
    std::vector<std::string> corpora;
    for (const CorpusFacts& corpus : fit.corpora) corpora.push_back(corpus_text(corpus));
    std::string text = fmt::format("{}", fmt::join(corpora, " and "));
    if (!fit.file.empty()) {
      text = fmt::format("{}: {}, of {}", printable(fit.name), printable(fit.file), text);
    }
    list.add(f == 0 ? "fitted on" : "", text);
  }
  for (std::size_t e = 0; e < result.evaluations.size(); ++e) {
    list.add(e == 0 ? "measured on" : "", corpus_text(result.evaluations[e].all.corpus));
  }
  if (result.aligned_documents > 0) {
    std::vector<std::string> names;
    for (const auto& evaluation : result.evaluations) {
      if (evaluation.aligned) names.push_back(printable(evaluation.all.corpus.name));
    }
    list.add("aligned", fmt::format("{}: {} with the same ids", fmt::join(names, ", "),
                                    counted(result.aligned_documents, "document")));
  }
  return out + list.render();
}

std::string with_interval(const analysis::Estimate& estimate, double sign) {
  std::string text = fixed(sign * estimate.value, 4);
  if (!estimate.low || !estimate.high) return text;
  const double low = sign > 0.0 ? *estimate.low : -*estimate.high;
  const double high = sign > 0.0 ? *estimate.high : -*estimate.low;
  return text + fmt::format(" [{:.4f}, {:.4f}]", low, high);
}

/// ": beyond noise (the interval lies above zero)".
std::string noise_verdict(const analysis::Estimate& difference) {
  switch (analysis::finding(difference)) {
    case Finding::within_noise:
      return "This is within noise: the interval holds zero.";
    case Finding::higher:
    case Finding::lower:
      return "This is beyond noise: the interval does not hold zero.";
    case Finding::no_interval:
      return "Whether this is within noise is not known without an interval.";
  }
  __builtin_unreachable();
}

std::string gap_sentence(const TransferResult& result, std::size_t fit, std::size_t evaluation,
                         int64_t k, const TransferCell& cell, const TransferCell& native) {
  const analysis::Estimate& gap = cell.gap->model;
  const double sign = gap.value < 0.0 ? -1.0 : 1.0;
  return fmt::format(
      "{0}: with {1} of {2} dimensions chosen by each query, a basis fitted on {3} loses {4}, "
      "{5} {6} than a basis of {0} itself, which is {7} of the loss. {8}",
      printable(result.evaluations[evaluation].all.corpus.name), k, result.model.heads.head_dim,
      printable(result.fits[fit].name), fixed(cell.value.model.value, 4), with_interval(gap, sign),
      sign < 0.0 ? "less" : "more", percent(std::abs(gap.value) / native.value.model.value),
      noise_verdict(gap));
}

std::string difference_sentence(const TransferResult& result,
                                const analysis::AlignedDifference& difference) {
  const analysis::Estimate& value = difference.difference.model;
  const double sign = value.value < 0.0 ? -1.0 : 1.0;
  return fmt::format(
      "{} against {}, document by document: a basis fitted on {} loses {} of the one's queries and "
      "{} of the other's, {} {}, which is {} of the smaller. {}",
      printable(result.evaluations[difference.first].all.corpus.name),
      printable(result.evaluations[difference.second].all.corpus.name),
      printable(result.fits[difference.fit].name), fixed(difference.first_value, 4),
      fixed(difference.second_value, 4), with_interval(value, sign), sign < 0.0 ? "less" : "more",
      percent(std::abs(value.value) / std::min(difference.first_value, difference.second_value)),
      noise_verdict(value));
}

std::string summary(const TransferResult& result) {
  const double ratio = result.options.k_ratios[result.options.k_ratios.size() / 2];
  std::string sentences;
  const auto* cells = cells_of(result, Measure::query_loss, Selection::dynamic, ratio);
  if (cells == nullptr) return "";
  int64_t k = 0;
  for (const analysis::TransferMeasure& measure : result.measures) {
    if (measure.k_ratio == ratio) k = measure.k;
  }
  for (std::size_t e = 0; e < result.evaluations.size(); ++e) {
    for (std::size_t f = 0; f < result.fits.size(); ++f) {
      const TransferCell& cell = (*cells)[f][e];
      if (!cell.gap) continue;
      const TransferCell& native = (*cells)[*result.evaluations[e].native][e];
      sentences += wrap(gap_sentence(result, f, e, k, cell, native), 80, 2);
    }
  }
  for (const analysis::AlignedDifference& difference : result.differences) {
    if (difference.measure.measure == Measure::query_loss &&
        difference.measure.selection == Selection::dynamic && difference.measure.k_ratio == ratio) {
      sentences += wrap(difference_sentence(result, difference), 80, 2);
    }
  }
  return sentences.empty() ? "" : "\nIn short\n" + sentences;
}

std::string definitions(const TransferResult& result) {
  LabelList list;
  for (const Measure measure : {Measure::query_loss, Measure::key_loss, Measure::output_error}) {
    const analysis::MeasureInfo& info = info_of(measure);
    list.add(std::string(info.label), std::string(info.definition));
  }
  list.add("values", "means over layers and query heads");
  list.add("gap",
           "T[a][b] - T[b][b]; a basis of b has seen the very text, so that a gap holds what "
           "fitting to the sample itself brings, as well as what the kind of text does");
  list.add("overlap",
           "|Va' Vb|^2/k of the first k directions: mean squared cosine of the principal "
           "angles; k/d by chance");
  if (result.options.bootstrap_replicates > 0) {
    list.add("[low, high]", bootstrap_text(result.options));
    list.add("differences", "both terms are resampled over the same documents in each replicate");
  }
  return "\nWhat the numbers are\n" + list.render(2);
}

}  // namespace

std::string_view finding_text(Finding finding) {
  switch (finding) {
    case Finding::no_interval:
      return "no interval";
    case Finding::within_noise:
      return "within noise";
    case Finding::higher:
      return "higher, beyond noise";
    case Finding::lower:
      return "lower, beyond noise";
  }
  __builtin_unreachable();
}

std::string_view finding_key(Finding finding) {
  switch (finding) {
    case Finding::no_interval:
      return "no_interval";
    case Finding::within_noise:
      return "within_noise";
    case Finding::higher:
      return "higher";
    case Finding::lower:
      return "lower";
  }
  __builtin_unreachable();
}

std::string transfer_text(const TransferReport& report, bool per_layer) {
  const TransferResult& result = report.result;
  std::string out = header(result) + summary(result) + transfer_value_tables(result) +
                    transfer_gap_table(result) + transfer_difference_table(result) +
                    transfer_subspace_table(result);
  if (per_layer) out += transfer_layer_tables(result);
  return out + definitions(result);
}

}  // namespace aqua::report
