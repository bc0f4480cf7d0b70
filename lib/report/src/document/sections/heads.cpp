// Every query head of every layer: a heat map for any measure, basis, selection and k/d, and the
// worst heads.
#include <fmt/format.h>

#include "../result_members.hpp"
#include "../retention_data.hpp"
#include "../sections.hpp"

namespace aqua::report::document {
namespace {

Chart heat_map(const RetentionData& data, std::size_t index) {
  Chart chart{.id = numbered_id("heads-map", index),
              .kind = ChartKind::heat,
              .title = "Layer × query head",
              .description = "Which heads lose most, and whether they stand together.",
              .value_label = "",
              .value_dimension = data.heads->dimension("measure"),
              .cube = data.heads};
  const Cube& cube = *chart.cube;
  chart.x = cube.dimension("head");
  chart.series = cube.dimension("layer");
  chart.chosen.assign(cube.dimensions.size(), 0);
  chart.chosen[cube.dimension("k_ratio")] = data.middle_ratio();
  for (std::size_t b = 0; b < data.bases.size(); ++b) {
    if (data.bases[b].name == data.main_basis()) chart.chosen[cube.dimension("basis")] = b;
  }
  for (std::size_t s = 0; s < data.selections.size(); ++s) {
    if (data.selections[s] == "dynamic") chart.chosen[cube.dimension("selection")] = s;
  }
  return chart;
}

Grid worst_heads(const RetentionData& data) {
  Grid grid{
      .caption = fmt::format("Mean and worst head, {} basis, dynamic selection", data.main_basis()),
      .header = {"text", "k/d", "measure", "mean", "worst head", "layer", "head"},
      .rows = {}};
  for (std::size_t c = 0; c < data.corpora.size(); ++c) {
    for (std::size_t r = 0; r < data.ratios.size(); ++r) {
      for (const auto& measure : data.measures) {
        const auto at = data.find(measure.key, c, data.main_basis(), "dynamic", r);
        if (!at) continue;
        const RetentionData::Worst& worst = data.worst[*at];
        grid.rows.push_back(
            {{.text = data.corpora[c]},
             number_cell(data.ratios[r]),
             {.text = measure.label},
             number_cell(data.model->values[*at], data.model->low[*at], data.model->high[*at]),
             number_cell(worst.value),
             number_cell(static_cast<double>(worst.layer)),
             number_cell(static_cast<double>(worst.head))});
      }
    }
  }
  return grid;
}

}  // namespace

std::vector<Section> heads_section(const Inputs& inputs) {
  std::vector<Section> sections;
  const auto results = of_schema(inputs, "aqua-retention");
  for (const Input* input : results) {
    const RetentionData data = read_retention(*input);
    if (data.heads->values.empty()) continue;
    const std::size_t index = sections.size();
    Section section{.id = numbered_id("heads", index),
                    .title = "Heads" + title_suffix(*input, results.size()),
                    .blocks = {heat_map(data, index)}};
    Grid worst = worst_heads(data);
    if (!worst.rows.empty()) section.blocks.emplace_back(Folded{std::move(worst)});
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace aqua::report::document
