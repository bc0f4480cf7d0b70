// What the numbers come to, in at most three sentences.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "../result_members.hpp"
#include "../retention_data.hpp"
#include "../sections.hpp"
#include "aqua/analysis/spectrum.hpp"
#include "../variant_names.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

/// "2.11 % [2.10, 2.12]": a share with three digits.
std::string share_text(double value, double low, double high) {
  const auto text = [](double share) { return fmt::format("{:#.3g}", 100.0 * share); };
  if (!std::isfinite(low) || !std::isfinite(high)) return text(value) + "\u00a0%";
  return fmt::format("{}\u00a0% [{}, {}]", text(value), text(low), text(high));
}

/// "a, b and c"
std::string listed(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

std::string share_at(const Cube& cube, std::size_t at) {
  return share_text(cube.values[at], cube.low[at], cube.high[at]);
}

/// "loses 2.11 % [..] on en and 2.41 % [..] on hi" for one measure and selection; empty when
/// nothing is defined.
std::string by_corpus(const RetentionData& data, std::string_view measure,
                      std::string_view selection, std::string_view verb) {
  std::vector<std::string> parts;
  for (std::size_t c = 0; c < data.corpora.size(); ++c) {
    const auto at = data.find(measure, c, data.main_basis(), selection, data.middle_ratio());
    if (!at) continue;
    parts.push_back(fmt::format("{} on {}", share_at(*data.model, *at), data.corpora[c]));
  }
  if (parts.empty()) return "";
  return fmt::format("{} {}", verb, listed(parts));
}

std::string loss_sentence(const RetentionData& data) {
  const std::string dynamic = by_corpus(data, "query_loss", "dynamic", "loses");
  const std::string fixed_slice = by_corpus(data, "query_loss", "static", "loses");
  if (dynamic.empty()) return "";
  std::string text = fmt::format(
      "With the {} of {} rotated dimensions that it chooses itself ({} basis), a query {} of its "
      "norm on average",
      data.kept[data.middle_ratio()], data.head_dim, data.main_basis(), dynamic);
  if (!fixed_slice.empty()) {
    text += fmt::format("; with the fixed slice of the same size it {}", fixed_slice);
  }
  return text + ".";
}

/// Against a basis fitted on the measured text, for the text that differs most.
std::string transfer_sentence(const RetentionData& data) {
  double widest = -1.0;
  std::string text;
  const std::size_t ratio = data.middle_ratio();
  for (std::size_t c = 0; c < data.corpora.size(); ++c) {
    if (std::ranges::find(data.fitted_on, data.corpora[c]) != data.fitted_on.end()) continue;
    const auto own = data.find("query_loss", c, data.main_basis(), "dynamic", ratio);
    const auto native = data.find("query_loss", c, "native", "dynamic", ratio);
    if (!own || !native || data.main_basis() == "native") continue;
    const double gap = data.model->values[*own] - data.model->values[*native];
    if (gap <= widest) continue;
    widest = gap;
    text = fmt::format(
        "Calibrated on {}, a query on {} loses {} percentage points more than with a basis fitted "
        "on {} itself, which loses {}.",
        fmt::join(data.fitted_on, " and "), data.corpora[c], significant(100.0 * gap, 2),
        data.corpora[c], share_at(*data.model, *native));
  }
  return text;
}

/// The same from a transfer result, whose interval is of the difference itself.
std::string measured_transfer_sentence(const Input& input) {
  const ResultJson* widest = nullptr;
  double largest = 0.0;
  double nearest = 1.0;  // distance of k_ratio from one half
  for (const auto& [cell, context] : items_of(input.json, "cells", input.path)) {
    if (text_member(cell, "measure", context) != "query_loss" ||
        text_member(cell, "selection", context) != "dynamic" ||
        member(cell, "gap", context).is_null()) {
      continue;
    }
    const double distance = std::abs(number_member(cell, "k_ratio", context) - 0.5);
    const double gap = number_member(cell.at("gap"), "value", context);
    if (distance > nearest || (distance == nearest && !(gap > largest))) continue;
    nearest = distance;
    largest = gap;
    widest = &cell;
  }
  if (widest == nullptr) return "";
  const EstimateNumbers gap = estimate_of(widest->at("gap"), input.path);
  const auto points = [](double value) { return fmt::format("{:#.3g}", 100.0 * value); };
  const std::string interval = std::isfinite(gap.low) && std::isfinite(gap.high)
                                   ? fmt::format(" [{}, {}]", points(gap.low), points(gap.high))
                                   : "";
  const std::string fit = text_member(*widest, "fit", input.path);
  const std::string evaluation = text_member(*widest, "evaluation", input.path);
  const bool apart = gap.low > 0.0 || gap.high < 0.0;
  return fmt::format(
      "With k = {}, a basis of {} loses {}{} percentage points more on {} than a basis of {} "
      "itself{}.",
      integer_member(*widest, "k", input.path), fit, points(gap.value), interval, evaluation,
      evaluation,
      interval.empty() ? ""
      : apart          ? ", more than the choice of documents explains"
                       : ", which the choice of documents may explain");
}

/// Perplexity with each query's own dimensions, at the ratio nearest to one half.
std::string perplexity_sentence(const Input& input) {
  std::vector<std::string> parts;
  double ratio = 0.0;
  for (const auto& [corpus, context] : items_of(input.json, "corpora", input.path)) {
    if (!corpus.contains("variants")) continue;
    const ResultJson* best = nullptr;
    double nearest = 1.0;
    for (const auto& [variant, at] : items_of(corpus, "variants", context)) {
      const auto split = split_ratio(text_member(variant, "attention", at));
      if (!split || split->family != "aqua" || !(std::abs(split->k_ratio - 0.5) < nearest))
        continue;
      nearest = std::abs(split->k_ratio - 0.5);
      ratio = split->k_ratio;
      best = &variant;
    }
    if (best == nullptr) continue;
    const EstimateNumbers change =
        estimate_of(object_member(*best, "perplexity_change", context), context);
    parts.push_back(fmt::format(
        "from {} to {} on {}{}", significant(number_member(corpus, "perplexity", context), 4),
        significant(number_member(*best, "perplexity", context), 4),
        text_member(object_member(corpus, "corpus", context), "name", context),
        std::isfinite(change.low) && std::isfinite(change.high)
            ? fmt::format(" (change {:+.3g} [{:+.3g}, {:+.3g}])", change.value, change.low,
                          change.high)
            : ""));
  }
  if (parts.empty()) return "";
  return fmt::format("At k/d {:.4g} with dynamic selection, perplexity goes {}.", ratio,
                     listed(parts));
}

std::string output_sentence(const RetentionData& data) {
  const std::string change = by_corpus(data, "output_error", "dynamic", "change by");
  if (change.empty()) return "";
  double most = -1.0;
  std::string where;
  for (std::size_t c = 0; c < data.corpora.size(); ++c) {
    const auto at = data.find("output_error", c, data.main_basis(), "dynamic", data.middle_ratio());
    if (!at || !(data.worst[*at].value > most)) continue;
    most = data.worst[*at].value;
    where = fmt::format(", most in layer {}, head {} on {} ({} %)", data.worst[*at].layer,
                        data.worst[*at].head, data.corpora[c], significant(100.0 * most, 3));
  }
  return fmt::format("The outputs of attention heads then {} (relative error){}.", change, where);
}

std::string spectrum_sentence(const store::Calibration& calibration, const std::string& name) {
  double sum = 0.0;
  double least = 2.0;
  int64_t layer = 0;
  std::size_t heads = 0;
  for (const auto& [key, layer_heads] : calibration.heads) {
    if (key.second != calibration.heads.begin()->first.second) continue;
    for (const store::CalibratedHead& head : layer_heads) {
      const std::vector<double>& sigma = head.aqua.singular_values;
      const double share = analysis::leading_energy(sigma, sigma.size() / 2);
      if (!std::isfinite(share)) continue;
      sum += share;
      ++heads;
      if (share < least) {
        least = share;
        layer = key.first.value;
      }
    }
  }
  if (heads == 0) return "";
  return fmt::format(
      "In {}, the first half of the directions holds {} of the energy of queries and keys, on "
      "average over {}; least in a head of layer {}, {}.",
      name, percent(sum / static_cast<double>(heads)),
      counted(static_cast<int64_t>(heads), "KV head"), layer, percent(least));
}

}  // namespace

std::vector<Section> verdict_section(const Inputs& inputs) {
  Section section{.id = "verdict", .title = "Verdict", .blocks = {}};
  const auto add = [&section](std::string sentence) {
    if (sentence.empty() || section.blocks.size() == 3) return;
    section.blocks.emplace_back(Paragraph{.text = std::move(sentence), .emphasised = true});
  };
  // The most telling first: three sentences are all there is room for.
  std::vector<RetentionData> retention;
  for (const Input* input : of_schema(inputs, "aqua-retention")) {
    RetentionData data = read_retention(*input);
    if (!data.corpora.empty() && !data.ratios.empty()) retention.push_back(std::move(data));
  }
  for (const RetentionData& data : retention) add(loss_sentence(data));
  for (const Input* input : of_schema(inputs, "aqua-perplexity")) add(perplexity_sentence(*input));
  const auto transfers = of_schema(inputs, "aqua-transfer");
  for (const Input* input : transfers) add(measured_transfer_sentence(*input));
  for (const RetentionData& data : retention) {
    add(output_sentence(data));
    if (transfers.empty()) add(transfer_sentence(data));
  }
  for (const Input* input : of_schema(inputs, calibration_schema)) {
    add(spectrum_sentence(*input->calibration, file_name(*input)));
  }
  if (section.blocks.empty()) return {};
  return {std::move(section)};
}

}  // namespace aqua::report::document
