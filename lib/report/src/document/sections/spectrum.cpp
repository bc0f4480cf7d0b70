// Spectra by layer, KV head and factor (schema "aqua-spectrum").
#include <fmt/format.h>

#include <algorithm>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/formats/json_file.hpp"

namespace aqua::report::document {
namespace {

constexpr const char* factors[] = {"joint", "query", "key"};

struct Spectra {
  Records energy{{{"site", "vectors"},
                  {"layer", "layer"},
                  {"factor", "of"},
                  {"directions", "first directions"}}};
  Records heads{{{"quantity", "quantity"},
                 {"site", "vectors"},
                 {"factor", "of"},
                 {"layer", "layer"},
                 {"kv_head", "KV head"}}};
};

std::vector<double> numbers_member(const ResultJson& object, std::string_view key,
                                   std::string_view context) {
  std::vector<double> numbers;
  for (const auto& [json, item] : items_of(object, key, context)) {
    numbers.push_back(number_or_nan(json, item));
  }
  return numbers;
}

/// Mean over KV heads, from the least to the greatest head.
void add_energy(const std::vector<std::vector<double>>& by_head, const Place& site,
                const Place& layer, const char* factor, Spectra& spectra) {
  std::size_t directions = 0;
  for (const auto& energies : by_head) directions = std::max(directions, energies.size());
  for (std::size_t i = 0; i < directions; ++i) {
    double sum = 0.0;
    double low = 1.0;
    double high = 0.0;
    double count = 0.0;
    for (const auto& energies : by_head) {
      if (i >= energies.size() || !std::isfinite(energies[i])) continue;
      sum += energies[i];
      low = std::min(low, energies[i]);
      high = std::max(high, energies[i]);
      count += 1.0;
    }
    if (count == 0.0) continue;
    spectra.energy.add(
        {site, layer, place(std::string(factor)), place(static_cast<int64_t>(i + 1))}, sum / count,
        low, high);
  }
}

void add_spectrum_layer(const ListItem& item, const std::vector<double>& shares, Spectra& spectra) {
  const auto& [json, context] = item;
  const Place site = place(text_member(json, "site", context));
  const Place layer = place(integer_member(json, "layer", context));
  for (const char* factor : factors) {
    std::vector<std::vector<double>> energies;
    for (const auto& [head, head_context] : items_of(json, "heads", context)) {
      const Place kv_head = place(integer_member(head, "kv_head", head_context));
      const ResultJson& spectrum = object_member(head, factor, head_context);
      energies.push_back(numbers_member(spectrum, "cumulative_energy", head_context));
      const auto add = [&](std::string quantity, double value) {
        spectra.heads.add(
            {place(std::move(quantity)), site, place(std::string(factor)), layer, kv_head}, value);
      };
      add("effective rank", number_member(spectrum, "effective_rank", head_context));
      add("participation ratio", number_member(spectrum, "participation_ratio", head_context));
      const std::vector<double> ranks = numbers_member(spectrum, "ranks", head_context);
      for (std::size_t i = 0; i < std::min(ranks.size(), shares.size()); ++i) {
        add(fmt::format("directions for {:.4g} % of the energy", 100.0 * shares[i]), ranks[i]);
      }
    }
    add_energy(energies, site, layer, factor, spectra);
  }
}

Section make_spectrum(const Input& input, std::size_t index, const std::string& suffix) {
  Spectra spectra;
  const std::vector<double> shares = numbers_member(input.json, "energy_shares", input.path);
  for (const ListItem& layer : items_of(input.json, "layers", input.path)) {
    add_spectrum_layer(layer, shares, spectra);
  }
  Section result{
      .id = numbered_id("spectrum", index), .title = "Spectrum analysis" + suffix, .blocks = {}};
  if (spectra.energy.empty()) return result;
  const auto energy = spectra.energy.cube(input.path);
  result.blocks.emplace_back(Chart{
      .id = numbered_id("spectrum-energy", index),
      .kind = ChartKind::lines,
      .title = "Energy in the first directions, by factor",
      .description = "Queries and keys together (joint), and each alone; means over KV heads.",
      .value_label = "share of energy",
      .cube = energy,
      .x = energy->dimension("directions"),
      .series = energy->dimension("factor"),
      .interval_label = "from the least to the greatest KV head"});
  const auto heads = spectra.heads.cube(input.path);
  result.blocks.emplace_back(Chart{.id = numbered_id("spectrum-heads", index),
                                   .kind = ChartKind::heat,
                                   .title = "Layer × KV head, by factor",
                                   .description = "How many directions matter, head by head.",
                                   .value_label = "",
                                   .value_dimension = heads->dimension("quantity"),
                                   .cube = heads,
                                   .x = heads->dimension("kv_head"),
                                   .series = heads->dimension("layer")});
  return result;
}

}  // namespace

std::vector<Section> spectrum_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-spectrum", make_spectrum);
}

}  // namespace aqua::report::document
