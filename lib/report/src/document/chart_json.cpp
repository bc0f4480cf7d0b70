#include "chart_json.hpp"

#include <map>

#include "../provenance_json.hpp"

namespace aqua::report::document {
namespace {

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

Json to_json(const Cube& cube) {
  Json dimensions = Json::array();
  for (const Dimension& dimension : cube.dimensions) {
    Json entry = {{"key", dimension.key}, {"label", dimension.label}, {"labels", dimension.labels}};
    if (!dimension.numbers.empty()) entry["numbers"] = numbers(dimension.numbers);
    dimensions.push_back(std::move(entry));
  }
  Json json = {{"dimensions", std::move(dimensions)}, {"values", numbers(cube.values)}};
  if (!cube.low.empty()) {
    json["low"] = numbers(cube.low);
    json["high"] = numbers(cube.high);
  }
  return json;
}

Json to_json(const Chart& chart, std::size_t cube) {
  std::vector<std::size_t> chosen = chart.chosen;
  chosen.resize(chart.cube->dimensions.size(), 0);
  return {{"id", chart.id},
          {"kind", chart.kind == ChartKind::heat ? "heat" : "lines"},
          {"title", chart.title},
          {"valueLabel", chart.value_label},
          {"valueDimension", chart.value_dimension ? Json(*chart.value_dimension) : Json(nullptr)},
          {"cube", cube},
          {"x", chart.x},
          {"series", chart.series},
          {"style", chart.style ? Json(*chart.style) : Json(nullptr)},
          {"chosen", chosen},
          {"intervalLabel", chart.interval_label},
          {"xLog", chart.x_log},
          {"yLog", chart.y_log},
          {"fromZero", chart.from_zero}};
}

}  // namespace

std::string charts_json(const Document& document) {
  Json cubes = Json::array();
  Json charts = Json::array();
  std::map<const Cube*, std::size_t> known;
  for (const Section& section : document.sections) {
    for (const Block& block : section.blocks) {
      const auto* chart = std::get_if<Chart>(&block);
      if (chart == nullptr) continue;
      const auto [entry, is_new] = known.try_emplace(chart->cube.get(), cubes.size());
      if (is_new) cubes.push_back(to_json(*chart->cube));
      charts.push_back(to_json(*chart, entry->second));
    }
  }
  const Json all = {{"cubes", std::move(cubes)}, {"charts", std::move(charts)}};
  return dump_line(all);
}

}  // namespace aqua::report::document
