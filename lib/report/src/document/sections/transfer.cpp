// What a basis fitted on one text loses on another (schema "aqua-transfer").
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/analysis/retention.hpp"

namespace aqua::report::document {
namespace {

struct Transfer {
  Records values{{{"measure", "measure"},
                  {"quantity", "quantity"},
                  {"selection", "selection"},
                  {"k_ratio", "k/d"},
                  {"fit", "fitted on"},
                  {"evaluation", "measured on"}}};
  Records layers{{{"measure", "measure"},
                  {"selection", "selection"},
                  {"k_ratio", "k/d"},
                  {"pair", "fitted on → measured on"},
                  {"layer", "layer"}}};
  Grid gaps{.caption = "Gap to a basis of the measured text itself",
            .header = {"measure", "selection", "k/d", "fitted on", "measured on", "loss", "gap",
                       "finding"},
            .rows = {}};
};

std::string measure_label(const std::string& key) {
  for (const analysis::MeasureInfo& info : analysis::measures()) {
    if (info.key == key) return std::string(info.label);
  }
  return key;
}

std::string words(std::string key) {
  std::ranges::replace(key, '_', ' ');
  return key;
}

void add_transfer_cell(const ListItem& cell, Transfer& transfer) {
  const auto& [json, context] = cell;
  const std::string measure = measure_label(text_member(json, "measure", context));
  const std::string selection = text_member(json, "selection", context);
  const std::string fit = text_member(json, "fit", context);
  const std::string evaluation = text_member(json, "evaluation", context);
  const Place ratio =
      ratio_place(number_member(json, "k_ratio", context), integer_member(json, "k", context));
  const auto add = [&](std::string_view quantity, const EstimateNumbers& numbers) {
    transfer.values.add({place(measure), place(std::string(quantity)), place(selection), ratio,
                         place(fit), place(evaluation)},
                        numbers.value, numbers.low, numbers.high);
  };
  const EstimateNumbers value = estimate_of(json, context);
  add("value", value);
  const ResultJson& gap = member(json, "gap", context);
  if (gap.is_null()) return;
  const std::string gap_context = context + ": \"gap\"";
  const EstimateNumbers difference = estimate_of(gap, gap_context);
  add("gap to native", difference);
  transfer.gaps.rows.push_back({{.text = measure},
                                {.text = selection},
                                number_cell(ratio.number),
                                {.text = fit},
                                {.text = evaluation},
                                estimate_cell(value),
                                estimate_cell(difference),
                                {.text = words(text_member(gap, "finding", gap_context))}});
  for (const auto& [layer, layer_context] : items_of(gap, "layers", gap_context)) {
    const EstimateNumbers numbers = estimate_of(layer, layer_context);
    transfer.layers.add(
        {place(measure), place(selection), ratio, place(fmt::format("{} → {}", fit, evaluation)),
         place(integer_member(layer, "layer", layer_context))},
        numbers.value, numbers.low, numbers.high);
  }
}

Grid aligned_table(const Input& input) {
  const ResultJson& aligned = object_member(input.json, "aligned", input.path);
  Grid grid{.caption = fmt::format("Paired differences over {} aligned documents",
                                   integer_member(aligned, "documents", input.path)),
            .header = {"measure", "selection", "k/d", "fitted on", "first", "second", "first value",
                       "second value", "first - second", "finding"},
            .rows = {}};
  for (const auto& [json, context] : items_of(aligned, "differences", input.path)) {
    const ResultJson& difference = object_member(json, "difference", context);
    grid.rows.push_back({{.text = measure_label(text_member(json, "measure", context))},
                         {.text = text_member(json, "selection", context)},
                         number_cell(number_member(json, "k_ratio", context)),
                         {.text = text_member(json, "fit", context)},
                         {.text = text_member(json, "first", context)},
                         {.text = text_member(json, "second", context)},
                         number_cell(number_member(json, "first_value", context)),
                         number_cell(number_member(json, "second_value", context)),
                         estimate_cell(estimate_of(difference, context)),
                         {.text = words(text_member(difference, "finding", context))}});
  }
  return grid;
}

std::shared_ptr<const Cube> subspaces_cube(const Input& input) {
  Records records{
      {{"quantity", "quantity"}, {"k_ratio", "k/d"}, {"first", "fitted on"}, {"second", "and on"}}};
  std::vector<Place> fits;
  // Texts stand in one order on both axes.
  for (const auto& [fit, context] : items_of(input.json, "fits", input.path)) {
    const Place name = place(text_member(fit, "name", context));
    fits.push_back(name);
  }
  for (const auto& [json, context] : items_of(input.json, "subspaces", input.path)) {
    const std::string first = text_member(json, "first", context);
    const std::string second = text_member(json, "second", context);
    const Place ratio =
        ratio_place(number_member(json, "k_ratio", context), integer_member(json, "k", context));
    const ResultJson& worst = object_member(json, "worst", context);
    for (const Place& fit : fits) {
      records.add({place("overlap"), ratio, fit, fit}, std::nan(""));
    }
    // Both orders, since the numbers are symmetric.
    for (const auto& [a, b] : {std::pair(first, second), std::pair(second, first)}) {
      records.add({place("overlap"), ratio, place(a), place(b)},
                  number_member(json, "overlap", context));
      records.add({place("mean principal angle (radians)"), ratio, place(a), place(b)},
                  number_member(json, "mean_angle", context));
      records.add({place("overlap in the worst head"), ratio, place(a), place(b)},
                  number_member(worst, "overlap", context));
    }
  }
  return records.empty() ? nullptr : records.cube(input.path);
}

Section make_transfer(const Input& input, std::size_t index, const std::string& suffix) {
  Transfer transfer;
  for (const ListItem& cell : items_of(input.json, "cells", input.path))
    add_transfer_cell(cell, transfer);
  Section result{.id = numbered_id("transfer", index), .title = "Transfer" + suffix, .blocks = {}};
  result.blocks.emplace_back(Paragraph{
      "Bases fitted on one text (rows), measured on another (columns). The gap is the loss beyond "
      "that of a basis fitted on the measured text itself, resampled over the same documents."});
  if (!transfer.values.empty()) {
    const auto cube = transfer.values.cube(input.path);
    result.blocks.emplace_back(Chart{.id = numbered_id("transfer-matrix", index),
                                     .kind = ChartKind::heat,
                                     .title = "Transfer matrix",
                                     .description = "A row that is light throughout carries over; "
                                                    "choose the gap to see what it costs.",
                                     .value_label = "",
                                     .value_dimension = cube->dimension("measure"),
                                     .cube = cube,
                                     .x = cube->dimension("evaluation"),
                                     .series = cube->dimension("fit"),
                                     .chosen = usual_choice(*cube)});
  }
  if (!transfer.layers.empty()) {
    const auto cube = transfer.layers.cube(input.path);
    result.blocks.emplace_back(
        Chart{.id = numbered_id("transfer-layers", index),
              .kind = ChartKind::lines,
              .title = "Gap by layer",
              .description = "Where in the model a basis of another text falls behind.",
              .value_label = "gap to native",
              .cube = cube,
              .x = cube->dimension("layer"),
              .series = cube->dimension("pair"),
              .chosen = usual_choice(*cube),
              .interval_label = "95 % bootstrap interval over documents"});
  }
  if (const auto cube = subspaces_cube(input)) {
    result.blocks.emplace_back(
        Chart{.id = numbered_id("transfer-subspaces", index),
              .kind = ChartKind::heat,
              .title = "Overlap of the leading directions",
              .description = "1: the first k directions of both bases span the same space; k/d: "
                             "as random ones do.",
              .value_label = "",
              .value_dimension = cube->dimension("quantity"),
              .cube = cube,
              .x = cube->dimension("second"),
              .series = cube->dimension("first"),
              .chosen = usual_choice(*cube)});
  }
  if (!transfer.gaps.rows.empty()) result.blocks.emplace_back(Folded{std::move(transfer.gaps)});
  Grid aligned = aligned_table(input);
  if (!aligned.rows.empty()) result.blocks.emplace_back(Folded{std::move(aligned)});
  return result;
}

}  // namespace

std::vector<Section> transfer_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-transfer", make_transfer);
}

}  // namespace aqua::report::document
