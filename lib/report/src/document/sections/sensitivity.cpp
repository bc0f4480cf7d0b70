// Whether the choice of calibration text matters (schema "aqua-sensitivity").
#include <fmt/format.h>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::report::document {
namespace {

std::vector<std::string> group_names(const Input& input) {
  std::vector<std::string> names;
  for (const auto& [group, context] : items_of(input.json, "groups", input.path)) {
    names.push_back(text_member(group, "name", context));
  }
  return names;
}

const std::string& group_name(const std::vector<std::string>& names, std::size_t group,
                              std::string_view context) {
  if (group >= names.size()) {
    fail<FormatError>("{}: expected one entry for each of {} groups", context, names.size());
  }
  return names[group];
}

struct SensitivityLosses {
  Records spread{{{"selection", "selection"},
                  {"k_ratio", "k/d"},
                  {"evaluation", "measured on"},
                  {"group", "fitted on parts of"}}};
  Grid differences{.caption = "Does another text cost more than other documents of the same text?",
                   .header = {"measured on", "selection", "k/d", "fitted on", "difference",
                              "noise of documents", "beyond noise"},
                   .rows = {}};
};

void add_sensitivity_loss(const ListItem& item, const std::vector<std::string>& names,
                          SensitivityLosses& losses) {
  const auto& [json, context] = item;
  const std::string evaluation = text_member(json, "evaluation", context);
  const std::string selection = text_member(json, "selection", context);
  const Place ratio =
      ratio_place(number_member(json, "k_ratio", context), integer_member(json, "k", context));
  std::size_t group = 0;
  for (const auto& [spread, at] : items_of(json, "groups", context)) {
    losses.spread.add(
        {place(selection), ratio, place(evaluation), place(group_name(names, group++, context))},
        number_member(spread, "mean", at), number_member(spread, "low", at),
        number_member(spread, "high", at));
  }
  for (const auto& [difference, at] : items_of(json, "differences", context)) {
    const bool beyond = formats::json_value<bool>(difference, "beyond_noise", at);
    losses.differences.rows.push_back({{.text = evaluation},
                                       {.text = selection},
                                       number_cell(ratio.number),
                                       {.text = text_member(difference, "group", at)},
                                       number_cell(number_member(difference, "difference", at)),
                                       number_cell(number_member(difference, "noise", at)),
                                       {.text = beyond ? "yes" : "no"}});
  }
}

std::shared_ptr<const Cube> overlap_cube(const Input& input,
                                         const std::vector<std::string>& names) {
  Records records{{{"quantity", "quantity"},
                   {"k_ratio", "k/d"},
                   {"first", "parts of"},
                   {"second", "and parts of"}}};
  for (const auto& [json, context] : items_of(input.json, "overlaps", input.path)) {
    const Place ratio =
        ratio_place(number_member(json, "k_ratio", context), integer_member(json, "k", context));
    for (const auto& [label, key] :
         {std::pair("mean overlap", "mean"), std::pair("lowest overlap", "lowest")}) {
      std::size_t first = 0;
      for (const auto& [row, at] : items_of(json, key, context)) {
        if (!row.is_array()) fail<FormatError>("{}: expected a list", at);
        for (std::size_t second = 0; second < row.size(); ++second) {
          records.add({place(std::string(label)), ratio, place(group_name(names, first, at)),
                       place(group_name(names, second, at))},
                      number_or_nan(row[second], at));
        }
        ++first;
      }
    }
  }
  return records.empty() ? nullptr : records.cube(input.path);
}

Section make_sensitivity(const Input& input, std::size_t index, const std::string& suffix) {
  const std::vector<std::string> names = group_names(input);
  SensitivityLosses losses;
  for (const ListItem& loss : items_of(input.json, "losses", input.path)) {
    add_sensitivity_loss(loss, names, losses);
  }
  Section result{
      .id = numbered_id("sensitivity", index), .title = "Sensitivity" + suffix, .blocks = {}};
  result.blocks.emplace_back(Paragraph{
      "Bases of random, disjoint parts of each text, measured on held-out text: how much the "
      "choice of documents matters, and how much the choice of text."});
  if (!losses.spread.empty()) {
    const auto cube = losses.spread.cube(input.path);
    result.blocks.emplace_back(Chart{.id = numbered_id("sensitivity-loss", index),
                                     .kind = ChartKind::lines,
                                     .title = "Loss with bases of parts of each text",
                                     .description = "Bands that overlap: which documents are taken "
                                                    "matters as much as which text.",
                                     .value_label = "query loss",
                                     .cube = cube,
                                     .x = cube->dimension("group"),
                                     .series = cube->dimension("evaluation"),
                                     .chosen = usual_choice(*cube),
                                     .interval_label = "from the least to the greatest part",
                                     .from_zero = false});
  }
  if (const auto cube = overlap_cube(input, names)) {
    result.blocks.emplace_back(
        Chart{.id = numbered_id("sensitivity-overlap", index),
              .kind = ChartKind::heat,
              .title = "Overlap between parts",
              .description = "On the diagonal: of different parts of the same text.",
              .value_label = "",
              .value_dimension = cube->dimension("quantity"),
              .cube = cube,
              .x = cube->dimension("second"),
              .series = cube->dimension("first"),
              .chosen = usual_choice(*cube)});
  }
  if (!losses.differences.rows.empty()) result.blocks.emplace_back(losses.differences);
  return result;
}

}  // namespace

std::vector<Section> sensitivity_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-sensitivity", make_sensitivity);
}

}  // namespace aqua::report::document
