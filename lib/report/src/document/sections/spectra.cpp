// How fast the singular values of a calibration fall.
#include <fmt/format.h>

#include <algorithm>

#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/analysis/spectrum.hpp"

namespace aqua::report::document {
namespace {

struct SpectraExtents {
  std::vector<int64_t> layers;
  std::vector<std::string> sites;
  std::size_t heads = 0;
  std::size_t directions = 0;
};

SpectraExtents survey_spectra(const store::Calibration& calibration) {
  SpectraExtents extents;
  for (const auto& [key, heads] : calibration.heads) {
    place_of(extents.layers, int64_t{key.first.value});
    place_of(extents.sites, std::string(capture::name(key.second)));
    extents.heads = std::max(extents.heads, heads.size());
    for (const store::CalibratedHead& head : heads) {
      extents.directions = std::max(extents.directions, head.aqua.singular_values.size());
    }
  }
  return extents;
}

Dimension numbered(std::string key, std::string label, const std::vector<int64_t>& numbers) {
  Dimension dimension{.key = std::move(key), .label = std::move(label), .labels = {}};
  for (const int64_t number : numbers) {
    dimension.labels.push_back(std::to_string(number));
    dimension.numbers.push_back(static_cast<double>(number));
  }
  return dimension;
}

std::vector<int64_t> counting(int64_t first, std::size_t count) {
  std::vector<int64_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = first + static_cast<int64_t>(i);
  return numbers;
}

/// Share of the energy in the first i directions: mean over KV heads, from the least to the
/// greatest head. Dimensions layer, site, direction.
Cube energy_cube(const store::Calibration& calibration, SpectraExtents& extents,
                 const std::string& context) {
  Cube cube =
      Cube::make({numbered("layer", "layer", extents.layers),
                  Dimension{.key = "site", .label = "vectors", .labels = extents.sites},
                  numbered("directions", "first directions", counting(1, extents.directions))},
                 /*intervals=*/true, context);
  for (const auto& [key, heads] : calibration.heads) {
    const std::size_t layer = place_of(extents.layers, int64_t{key.first.value});
    const std::size_t site = place_of(extents.sites, std::string(capture::name(key.second)));
    for (std::size_t i = 0; i < extents.directions; ++i) {
      double sum = 0.0;
      double low = 1.0;
      double high = 0.0;
      for (const store::CalibratedHead& head : heads) {
        const double share = analysis::leading_energy(head.aqua.singular_values, i + 1);
        sum += share;
        low = std::min(low, share);
        high = std::max(high, share);
      }
      const std::size_t places[] = {layer, site, i};
      const std::size_t at = cube.at(places);
      cube.values[at] = sum / static_cast<double>(heads.size());
      cube.low[at] = low;
      cube.high[at] = high;
    }
  }
  return cube;
}

/// Dimensions quantity, site, layer, KV head.
Cube head_cube(const store::Calibration& calibration, SpectraExtents& extents,
               const std::string& context) {
  Cube cube = Cube::make(
      {Dimension{.key = "quantity",
                 .label = "quantity",
                 .labels = {"effective rank", "energy in first d/4", "energy in first d/2"}},
       Dimension{.key = "site", .label = "vectors", .labels = extents.sites},
       numbered("layer", "layer", extents.layers),
       numbered("kv_head", "KV head", counting(0, extents.heads))},
      /*intervals=*/false, context);
  for (const auto& [key, heads] : calibration.heads) {
    const std::size_t layer = place_of(extents.layers, int64_t{key.first.value});
    const std::size_t site = place_of(extents.sites, std::string(capture::name(key.second)));
    for (std::size_t h = 0; h < heads.size(); ++h) {
      const std::vector<double>& sigma = heads[h].aqua.singular_values;
      const double quantities[] = {analysis::effective_rank(sigma),
                                   analysis::leading_energy(sigma, sigma.size() / 4),
                                   analysis::leading_energy(sigma, sigma.size() / 2)};
      for (std::size_t q = 0; q < std::size(quantities); ++q) {
        const std::size_t places[] = {q, site, layer, h};
        cube.values[cube.at(places)] = quantities[q];
      }
    }
  }
  return cube;
}

Section make_spectra(const Input& input, std::size_t index, const std::string& suffix) {
  SpectraExtents extents = survey_spectra(*input.calibration);
  Section result{.id = numbered_id("spectra", index), .title = "Spectra" + suffix, .blocks = {}};
  result.blocks.emplace_back(Paragraph{fmt::format(
      "Energy is the share of the sum of squared singular values of queries and keys together, by "
      "KV head. Effective rank is exp of the entropy of those shares: 1 when one direction holds "
      "all, {} when all hold the same.",
      extents.directions)});
  auto energy = std::make_shared<const Cube>(energy_cube(*input.calibration, extents, input.path));
  // A line for each of a few layers; with many, one chosen layer a time.
  const bool few = extents.layers.size() <= 6;
  result.blocks.emplace_back(
      Chart{.id = numbered_id("spectra-energy", index),
            .kind = ChartKind::lines,
            .title = "Energy in the first directions",
            .description = "The earlier a line rises, the fewer dimensions a fixed slice needs.",
            .value_label = "share of energy",
            .cube = energy,
            .x = energy->dimension("directions"),
            .series = energy->dimension(few ? "layer" : "site"),
            .interval_label = "from the least to the greatest KV head"});
  auto heads = std::make_shared<const Cube>(head_cube(*input.calibration, extents, input.path));
  result.blocks.emplace_back(Chart{.id = numbered_id("spectra-heads", index),
                                   .kind = ChartKind::heat,
                                   .title = "Layer × KV head",
                                   .description = "Where the energy is spread widest.",
                                   .value_label = "",
                                   .value_dimension = heads->dimension("quantity"),
                                   .cube = heads,
                                   .x = heads->dimension("kv_head"),
                                   .series = heads->dimension("layer")});
  return result;
}

}  // namespace

std::vector<Section> spectra_section(const Inputs& inputs) {
  std::vector<Section> sections;
  const auto calibrations = of_schema(inputs, calibration_schema);
  for (const Input* input : calibrations) {
    if (input->calibration->heads.empty()) continue;
    sections.push_back(
        make_spectra(*input, sections.size(), title_suffix(*input, calibrations.size())));
  }
  return sections;
}

}  // namespace aqua::report::document
