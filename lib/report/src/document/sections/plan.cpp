// How many dimensions each KV head keeps under a plan, and what that gains (schema
// "aqua-plan-report").
#include <fmt/format.h>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/analysis/retention.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

struct PlanLayers {
  Records kept{{{"layer", "layer"}, {"kv_head", "KV head"}}};
  Records loss{{{"choice", "dimensions"}, {"layer", "layer"}}};
  Records curves{{{"layer", "layer"}, {"kv_head", "KV head"}, {"k", "k"}}};
};

void add_plan_layer(const ListItem& item, int64_t step, PlanLayers& layers) {
  const auto& [json, context] = item;
  const Place layer = place(integer_member(json, "layer", context));
  layers.loss.add({place("plan"), layer}, number_member(json, "loss", context));
  layers.loss.add({place("the same for all"), layer}, number_member(json, "uniform_loss", context));
  int64_t head = 0;
  for (const auto& [k, at] : items_of(json, "k", context)) {
    layers.kept.add({layer, place(head++)}, number_or_nan(k, at));
  }
  head = 0;
  for (const auto& [curve, at] : items_of(json, "curves", context)) {
    if (!curve.is_array()) fail<FormatError>("{}: expected a list", at);
    for (std::size_t i = 0; i < curve.size(); ++i) {
      layers.curves.add({layer, place(head), place((static_cast<int64_t>(i) + 1) * step)},
                        number_or_nan(curve[i], at));
    }
    ++head;
  }
}

Facts plan_facts(const Input& input) {
  const ResultJson& choice = object_member(input.json, "choice", input.path);
  const ResultJson& plan = object_member(input.json, "plan", input.path);
  const ResultJson& uniform = object_member(input.json, "uniform", input.path);
  const double budget = number_member(choice, "budget", input.path);
  const double limit = number_member(choice, "loss_limit", input.path);
  return {
      {{"plan file", text_member(input.json, "plan_file", input.path)},
       {"asked for", std::isfinite(budget)
                         ? fmt::format("a mean k/d of at most {}", significant(budget, 5))
                         : fmt::format("a mean loss of at most {}", significant(limit, 5))},
       {"kept", fmt::format("{} dimensions, mean k/d {}, loss {}",
                            grouped(integer_member(plan, "kept", input.path)),
                            significant(number_member(plan, "mean_k_ratio", input.path), 5),
                            significant(number_member(plan, "loss", input.path), 5))},
       {"compared with", fmt::format("k = {} for all, {} dimensions, loss {}",
                                     integer_member(uniform, "k", input.path),
                                     grouped(integer_member(uniform, "kept", input.path)),
                                     significant(number_member(uniform, "loss", input.path), 5))},
       {"basis", fmt::format("{}, {} selection", text_member(choice, "basis", input.path),
                             text_member(choice, "selection", input.path))},
       {"loss", text_member(choice, "objective", input.path)}}};
}

Grid plan_evaluations(const Input& input) {
  Grid grid{.caption = "On text that was not used for choosing",
            .header = {"text", "measure", "the same for all", "plan", "plan - same"},
            .rows = {}};
  for (const auto& [json, context] : items_of(input.json, "evaluations", input.path)) {
    const std::string corpus = text_member(object_member(json, "corpus", context), "name", context);
    const ResultJson& measured = object_member(json, "measures", context);
    for (const analysis::MeasureInfo& info : analysis::measures()) {
      const auto found = measured.find(info.key);
      if (found == measured.end()) continue;
      const std::string at = fmt::format("{}: \"{}\"", context, info.key);
      grid.rows.push_back(
          {{.text = corpus},
           {.text = std::string(info.label)},
           estimate_cell(estimate_of(object_member(*found, "uniform", at), at)),
           estimate_cell(estimate_of(object_member(*found, "plan", at), at)),
           estimate_cell(estimate_of(object_member(*found, "difference", at), at))});
    }
  }
  return grid;
}

Section make_plan(const Input& input, std::size_t index, const std::string& suffix) {
  PlanLayers layers;
  const int64_t step =
      integer_member(object_member(input.json, "choice", input.path), "step", input.path);
  for (const ListItem& layer : items_of(input.json, "layers", input.path)) {
    add_plan_layer(layer, step, layers);
  }
  Section result{.id = numbered_id("plan", index), .title = "Plan" + suffix, .blocks = {}};
  result.blocks.emplace_back(plan_facts(input));
  Grid measured = plan_evaluations(input);
  if (!measured.rows.empty()) result.blocks.emplace_back(std::move(measured));
  if (layers.kept.empty()) return result;
  const auto kept = layers.kept.cube(input.path);
  result.blocks.emplace_back(Chart{.id = numbered_id("plan-kept", index),
                                   .kind = ChartKind::heat,
                                   .title = "Dimensions kept by each KV head",
                                   .description = "Heads whose queries spread widest get more.",
                                   .value_label = "k",
                                   .cube = kept,
                                   .x = kept->dimension("kv_head"),
                                   .series = kept->dimension("layer")});
  const auto loss = layers.loss.cube(input.path);
  result.blocks.emplace_back(Chart{.id = numbered_id("plan-loss", index),
                                   .kind = ChartKind::lines,
                                   .title = "Loss by layer",
                                   .description = "On the text of the choice, means over KV heads.",
                                   .value_label = "loss",
                                   .cube = loss,
                                   .x = loss->dimension("layer"),
                                   .series = loss->dimension("choice")});
  if (!layers.curves.empty()) {
    const auto curves = layers.curves.cube(input.path);
    result.blocks.emplace_back(Chart{.id = numbered_id("plan-curves", index),
                                     .kind = ChartKind::lines,
                                     .title = "Loss by k, head by head",
                                     .description = "What the plan was chosen by.",
                                     .value_label = "loss",
                                     .cube = curves,
                                     .x = curves->dimension("k"),
                                     .series = curves->dimension("kv_head")});
  }
  return result;
}

}  // namespace

std::vector<Section> plan_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-plan-report", make_plan);
}

}  // namespace aqua::report::document
