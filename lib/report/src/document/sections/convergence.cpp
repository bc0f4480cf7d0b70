// How the loss settles as calibration sees more tokens (schema "aqua-convergence").
#include <fmt/format.h>

#include <algorithm>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

std::string suggestion_text(const Input& input) {
  const ResultJson& suggestion = object_member(input.json, "suggestion", input.path);
  const std::string context = fmt::format("{}: \"suggestion\"", input.path);
  const double tolerance = number_member(suggestion, "tolerance", context);
  if (!formats::json_value<bool>(suggestion, "settled", context)) {
    return fmt::format("No count that was tried is settled to within {}: use more text.",
                       percent(tolerance));
  }
  return fmt::format("{} are enough: from there on the loss stays within {} of its last value.",
                     counted(integer_member(suggestion, "tokens", context), "token"),
                     percent(tolerance));
}

Section make_convergence(const Input& input, std::size_t index, const std::string& suffix) {
  Records losses{{{"quantity", "quantity"},
                  {"k_ratio", "k/d"},
                  {"selection", "selection"},
                  {"tokens", "tokens of calibration"}}};
  Records subspaces{
      {{"quantity", "quantity"}, {"k_ratio", "k/d"}, {"tokens", "tokens of calibration"}}};
  for (const auto& [point, context] : items_of(input.json, "points", input.path)) {
    const Place tokens = place(integer_member(point, "tokens", context));
    for (const auto& [loss, at] : items_of(point, "losses", context)) {
      const Place ratio =
          ratio_place(number_member(loss, "k_ratio", at), integer_member(loss, "k", at));
      const Place selection = place(text_member(loss, "selection", at));
      for (const auto& [label, key] : {std::pair("query loss", "query_loss"),
                                       std::pair("query loss minus the last", "to_last")}) {
        const EstimateNumbers numbers = estimate_of(object_member(loss, key, at), at);
        losses.add({place(std::string(label)), ratio, selection, tokens}, numbers.value,
                   numbers.low, numbers.high);
      }
    }
    for (const auto& [subspace, at] : items_of(point, "subspaces", context)) {
      const Place ratio =
          ratio_place(number_member(subspace, "k_ratio", at), integer_member(subspace, "k", at));
      subspaces.add({place("overlap with the last basis"), ratio, tokens},
                    number_member(subspace, "overlap", at));
      subspaces.add({place("overlap in the worst head"), ratio, tokens},
                    number_member(subspace, "worst_overlap", at));
    }
  }
  Section result{
      .id = numbered_id("convergence", index), .title = "Convergence" + suffix, .blocks = {}};
  result.blocks.emplace_back(Paragraph{suggestion_text(input)});
  if (!losses.empty()) {
    const auto cube = losses.cube(input.path);
    Chart chart{.id = numbered_id("convergence-loss", index),
                .kind = ChartKind::lines,
                .title = "Loss by tokens of calibration",
                .description = "On text that calibration did not see.",
                .value_label = "",
                .value_dimension = cube->dimension("quantity"),
                .cube = cube,
                .x = cube->dimension("tokens"),
                .series = cube->dimension("selection"),
                .interval_label = "95 % bootstrap interval over documents",
                .x_log = true,
                .from_zero = false};
    chart.chosen = usual_choice(*cube);
    result.blocks.emplace_back(std::move(chart));
  }
  if (!subspaces.empty()) {
    const auto cube = subspaces.cube(input.path);
    result.blocks.emplace_back(Chart{.id = numbered_id("convergence-overlap", index),
                                     .kind = ChartKind::lines,
                                     .title = "Overlap with the basis of all tokens",
                                     .description = "1: the same space of leading directions.",
                                     .value_label = "",
                                     .value_dimension = cube->dimension("quantity"),
                                     .cube = cube,
                                     .x = cube->dimension("tokens"),
                                     .series = cube->dimension("k_ratio"),
                                     .x_log = true,
                                     .from_zero = false});
  }
  return result;
}

}  // namespace

std::vector<Section> convergence_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-convergence", make_convergence);
}

}  // namespace aqua::report::document
