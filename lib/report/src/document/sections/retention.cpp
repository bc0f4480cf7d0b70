// What static slicing and dynamic selection lose, by k/d, basis and layer.
#include <fmt/format.h>

#include "../result_members.hpp"
#include "../retention_data.hpp"
#include "../sections.hpp"

namespace aqua::report::document {
namespace {

/// A choice that starts with the main basis, the middle ratio and dynamic selection.
std::vector<std::size_t> retention_choice(const RetentionData& data, const Cube& cube) {
  std::vector<std::size_t> chosen(cube.dimensions.size(), 0);
  for (std::size_t b = 0; b < data.bases.size(); ++b) {
    if (data.bases[b].name == data.main_basis()) chosen[cube.dimension("basis")] = b;
  }
  for (std::size_t s = 0; s < data.selections.size(); ++s) {
    if (data.selections[s] == "dynamic") chosen[cube.dimension("selection")] = s;
  }
  chosen[cube.dimension("k_ratio")] = data.middle_ratio();
  return chosen;
}

Chart retention_chart(const RetentionData& data, const std::shared_ptr<const Cube>& cube) {
  return {.id = "",
          .kind = ChartKind::lines,
          .title = "",
          .description = "",
          .value_label = "",
          .value_dimension = cube->dimension("measure"),
          .cube = cube,
          .chosen = retention_choice(data, *cube),
          .interval_label =
              data.bootstrap_replicates > 0 ? "95 % bootstrap interval over documents" : ""};
}

Grid retention_definitions(const RetentionData& data) {
  Grid grid{
      .caption = "What the measures and bases are", .header = {"name", "meaning"}, .rows = {}};
  for (const auto& measure : data.measures) {
    grid.rows.push_back({{.text = measure.label}, {.text = measure.definition}});
  }
  for (const auto& basis : data.bases) {
    grid.rows.push_back(
        {{.text = basis.name}, {.text = fmt::format("{}: {}", basis.label, basis.description)}});
  }
  return grid;
}

Section make_retention(const RetentionData& data, std::size_t index, const std::string& suffix) {
  Section result{
      .id = numbered_id("retention", index), .title = "Retention" + suffix, .blocks = {}};
  result.blocks.emplace_back(Paragraph{
      "Means over layers and query heads when k of d rotated dimensions are used: the first k "
      "(static), or the k in which the query at hand is largest (dynamic). Losses and errors: 0 "
      "is exact."});

  Chart curves = retention_chart(data, data.model);
  curves.id = numbered_id("retention-curves", index);
  curves.title = "Static slice against dynamic selection";
  curves.description =
      "The distance between the two lines of a text is what choosing anew for "
      "every query is worth.";
  curves.x = curves.cube->dimension("k_ratio");
  curves.series = curves.cube->dimension("corpus");
  curves.style = curves.cube->dimension("selection");
  result.blocks.emplace_back(curves);

  if (data.bases.size() > 1) {
    Chart bases = retention_chart(data, data.model);
    bases.id = numbered_id("retention-bases", index);
    bases.title = "Bases compared";
    bases.description =
        "native is fitted on the measured text itself, the floor for any basis "
        "from another text; identity is no rotation.";
    bases.x = bases.cube->dimension("k_ratio");
    bases.series = bases.cube->dimension("basis");
    result.blocks.emplace_back(bases);
  }
  if (data.layers->dimensions.back().labels.size() > 1) {
    Chart layers = retention_chart(data, data.layers);
    layers.id = numbered_id("retention-layers", index);
    layers.title = "By layer";
    layers.description = "Means over the query heads of each layer.";
    layers.x = layers.cube->dimension("layer");
    layers.series = layers.cube->dimension("corpus");
    layers.style = layers.cube->dimension("selection");
    result.blocks.emplace_back(layers);
  }
  result.blocks.emplace_back(Folded{retention_definitions(data)});
  return result;
}

}  // namespace

std::vector<Section> retention_section(const Inputs& inputs) {
  std::vector<Section> sections;
  const auto results = of_schema(inputs, "aqua-retention");
  for (const Input* input : results) {
    const RetentionData data = read_retention(*input);
    if (data.corpora.empty()) continue;
    sections.push_back(make_retention(data, sections.size(), title_suffix(*input, results.size())));
  }
  return sections;
}

}  // namespace aqua::report::document
