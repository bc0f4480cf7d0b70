// What the numbers come to, in at most three sentences.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "../../spectrum.hpp"
#include "../result_members.hpp"
#include "../retention_data.hpp"
#include "../sections.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

/// "2.11 % [2.10, 2.12]": a share with three digits.
std::string share_text(double value, double low, double high) {
  const auto text = [](double share) { return fmt::format("{:#.3g}", 100.0 * share); };
  if (!std::isfinite(low) || !std::isfinite(high)) return text(value) + " %";
  return fmt::format("{} % [{}, {}]", text(value), text(low), text(high));
}

std::string share_at(const Cube& cube, std::size_t at) {
  return share_text(cube.values[at], cube.low[at], cube.high[at]);
}

/// "en loses 2.1 % [..] and hi 2.4 % [..]" for one measure and selection; empty when nothing is
/// defined.
std::string by_corpus(const RetentionData& data, std::string_view measure,
                      std::string_view selection, std::string_view verb) {
  std::vector<std::string> parts;
  for (std::size_t c = 0; c < data.corpora.size(); ++c) {
    const auto at = data.find(measure, c, data.main_basis(), selection, data.middle_ratio());
    if (!at) continue;
    parts.push_back(fmt::format("{} on {}", share_at(*data.model, *at), data.corpora[c]));
  }
  if (parts.empty()) return "";
  return fmt::format("{} {}", verb, fmt::join(parts, ", "));
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
      const double share = leading_energy(sigma, sigma.size() / 2);
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
  for (const Input* input : of_schema(inputs, "aqua-retention")) {
    const RetentionData data = read_retention(*input);
    if (data.corpora.empty() || data.ratios.empty()) continue;
    add(loss_sentence(data));
    add(output_sentence(data));
    add(transfer_sentence(data));
  }
  for (const Input* input : of_schema(inputs, calibration_schema)) {
    add(spectrum_sentence(*input->calibration, file_name(*input)));
  }
  if (section.blocks.empty()) return {};
  return {std::move(section)};
}

}  // namespace aqua::report::document
