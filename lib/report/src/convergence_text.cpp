#include <fmt/format.h>

#include <algorithm>
#include <numbers>

#include "aqua/report/convergence.hpp"
#include "aqua/report/numbers.hpp"
#include "aqua/report/sparkline.hpp"
#include "aqua/report/table.hpp"
#include "estimates.hpp"
#include "retention_tables.hpp"

namespace aqua::report {
namespace {

using analysis::ConvergencePoint;
using analysis::ConvergenceResult;
using analysis::ConvergenceValue;

std::string header(const ConvergenceResult& result) {
  std::string out = "Convergence: how a basis settles as calibration sees more tokens\n\n";
  LabelList list;
  list.add("model", model_text(result.model));
  list.add("vectors", std::string(capture::name(result.options.site)));
  list.add("fitted on", "the first tokens of " + corpus_text(result.fitted_on));
  list.add("measured on", corpus_text(result.held_out) + ", held out");
  return out + list.render();
}

std::string suggestion(const ConvergenceResult& result) {
  const analysis::ConvergenceSuggestion& found = result.suggestion;
  const std::string tolerance = percent(result.tolerance);
  if (result.points.size() < 2) {
    return wrap("A single token count says nothing about convergence.", 80, 2);
  }
  const std::string intervals =
      result.options.bootstrap_replicates > 0 && result.documents >= 2
          ? " (the far end of the 95 % interval, over all k/d and both selections)"
          : " (over all k/d and both selections)";
  if (found.settled) {
    return wrap(
        fmt::format("{} are enough: from there on every loss stays within {} of the loss with all "
                    "{}{}, less than the tolerance of {}.",
                    counted(found.tokens, "token"), percent(found.change),
                    counted(result.points.back().tokens, "token"), intervals, tolerance),
        80, 2);
  }
  return wrap(
      fmt::format("Not settled: between {} and {} a loss still changes by {}{}, more than the "
                  "tolerance of {}. Calibrate on more text.",
                  grouped(result.points[result.points.size() - 2].tokens),
                  counted(result.points.back().tokens, "token"), percent(found.last_step),
                  intervals, tolerance),
      80, 2);
}

std::string loss_table(const ConvergenceResult& result, std::size_t ratio) {
  Table table({{"tokens", Align::right},
               {"static\nslice", Align::right},
               {"to last", Align::left},
               {"dynamic\nselection", Align::right},
               {"to last", Align::left}});
  for (const ConvergencePoint& point : result.points) {
    const ConvergenceValue& fixed_value = point.values[2 * ratio];
    const ConvergenceValue& dynamic = point.values[2 * ratio + 1];
    const bool last = &point == &result.points.back();
    table.add_row({fmt::format("{}", point.tokens), fixed(fixed_value.loss.value, 4),
                   last ? "" : signed_interval_text(fixed_value.to_last),
                   fixed(dynamic.loss.value, 4),
                   last ? "" : signed_interval_text(dynamic.to_last)});
  }
  return table.render();
}

/// Overlap with the last basis, and mean principal angle, at each k_ratio.
std::string subspace_table(const ConvergenceResult& result) {
  std::vector<Table::Column> columns{{"tokens", Align::right}};
  // Three ratios fit 80 columns; the others are in JSON and CSV.
  const std::size_t ratios = std::min<std::size_t>(result.options.k_ratios.size(), 3);
  for (std::size_t r = 0; r < ratios; ++r) {
    columns.push_back(
        {fmt::format("overlap\nk = {}", result.points[0].to_last[r].k), Align::right});
    columns.push_back({"mean\nangle", Align::right});
  }
  Table table(std::move(columns));
  for (const ConvergencePoint& point : result.points) {
    std::vector<std::string> row{fmt::format("{}", point.tokens)};
    for (std::size_t r = 0; r < ratios; ++r) {
      const analysis::SubspaceSummary& all = point.to_last[r].model;
      row.push_back(fixed(all.overlap, 4));
      row.push_back(fixed(all.mean_angle * 180.0 / std::numbers::pi, 1));
    }
    table.add_row(std::move(row));
  }
  return table.render();
}

std::string curves(const ConvergenceResult& result, std::size_t ratio) {
  std::vector<double> fixed_losses;
  std::vector<double> dynamic_losses;
  std::vector<double> overlaps;
  for (const ConvergencePoint& point : result.points) {
    fixed_losses.push_back(point.values[2 * ratio].loss.value);
    dynamic_losses.push_back(point.values[2 * ratio + 1].loss.value);
    overlaps.push_back(point.to_last[ratio].model.overlap);
  }
  return fmt::format("\n  static {}   dynamic {}   overlap {}\n", sparkline(fixed_losses),
                     sparkline(dynamic_losses), sparkline(overlaps, 0.0, 1.0));
}

}  // namespace

std::string convergence_text(const ConvergenceReport& report) {
  const ConvergenceResult& result = report.result;
  std::string out = header(result) + "\nIn short\n" + suggestion(result);
  for (std::size_t r = 0; r < result.options.k_ratios.size(); ++r) {
    out += fmt::format("\nQuery loss at k/d {} (k = {})\n\n",
                       ratio_text(result.options.k_ratios[r]), result.points[0].values[2 * r].k);
    out += loss_table(result, r) + curves(result, r);
  }
  out += "\nLeading subspaces against those of the basis of all tokens, angles in degrees\n\n" +
         subspace_table(result);
  LabelList list;
  list.add("query loss", "mean over held-out tokens, layers and query heads of 1 - |q_S|/|q|");
  list.add("to last", "that loss minus the loss with the basis of all tokens");
  list.add("overlap",
           "|Va' Vb|^2/k of the first k directions with those of the basis of all "
           "tokens, mean over layers and KV heads; 1: equal");
  if (result.options.bootstrap_replicates > 0) {
    list.add("[low, high]", bootstrap_text(result.options));
  }
  list.add("curves", "one block a token count, from least to greatest; overlap from 0 to 1");
  return out + "\nWhat the numbers are\n" + list.render(2);
}

}  // namespace aqua::report
