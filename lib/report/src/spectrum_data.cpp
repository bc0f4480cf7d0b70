// Spectra for programs: JSON and CSV.

#include <fmt/format.h>

#include "aqua/report/spectrum.hpp"
#include "csv.hpp"
#include "provenance_json.hpp"

namespace aqua::report {
namespace {

using analysis::Factor;
using analysis::FactorSpectrum;

std::vector<double> cumulative(const std::vector<double>& singular_values) {
  std::vector<double> energies;
  for (std::size_t i = 1; i <= singular_values.size(); ++i) {
    energies.push_back(analysis::leading_energy(singular_values, i));
  }
  return energies;
}

Json numbers(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(number(value));
  return array;
}

Json factor_json(const FactorSpectrum& spectrum) {
  return {{"singular_values", numbers(spectrum.singular_values)},
          {"cumulative_energy", numbers(cumulative(spectrum.singular_values))},
          {"effective_rank", number(spectrum.effective_rank)},
          {"participation_ratio", number(spectrum.participation_ratio)},
          {"ranks", spectrum.ranks}};
}

}  // namespace

std::string spectrum_json(const SpectrumReport& report) {
  const analysis::SpectrumResult& result = report.result;
  Json root = {{"schema", "aqua-spectrum"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(result.model);
  Json fitted = Json::array();
  for (const CorpusFacts& corpus : result.corpora) fitted.push_back(to_json(corpus));
  root["calibration"] = {
      {"file", report.calibration.empty() ? Json(nullptr) : Json(report.calibration)},
      {"fitted_on", std::move(fitted)}};
  root["definitions"] = {{"energy", "p_i = s_i^2/sum s^2 of falling singular values s"},
                         {"cumulative_energy", "sum of p over the first i + 1 directions"},
                         {"effective_rank", "exp(-sum p ln p)"},
                         {"participation_ratio", "1/sum p^2"},
                         {"ranks", "directions needed for each of energy_shares"}};
  root["energy_shares"] = result.shares;
  Json layers = Json::array();
  for (const auto& [key, heads] : result.heads) {
    Json of_layer = Json::array();
    for (std::size_t g = 0; g < heads.size(); ++g) {
      Json head = {
          {"kv_head", g}, {"query_rows", heads[g].query_rows}, {"key_rows", heads[g].key_rows}};
      for (const Factor factor : analysis::all_factors) {
        head[std::string(analysis::name(factor))] = factor_json(heads[g].of(factor));
      }
      of_layer.push_back(std::move(head));
    }
    layers.push_back({{"layer", key.first.value},
                      {"site", capture::name(key.second)},
                      {"heads", std::move(of_layer)}});
  }
  root["layers"] = std::move(layers);
  return dump_line(root);
}

std::string spectrum_csv(const SpectrumReport& report) {
  std::string out = "layer,site,kv_head,factor,quantity,index,value\n";
  for (const auto& [key, heads] : report.result.heads) {
    for (std::size_t g = 0; g < heads.size(); ++g) {
      for (const Factor factor : analysis::all_factors) {
        const auto line = [&](std::string_view quantity, std::string index, double value) {
          out +=
              csv_line({fmt::format("{}", key.first.value), std::string(capture::name(key.second)),
                        fmt::format("{}", g), std::string(analysis::name(factor)),
                        std::string(quantity), std::move(index), csv_number(value)});
        };
        const FactorSpectrum& spectrum = heads[g].of(factor);
        const auto energies = cumulative(spectrum.singular_values);
        for (std::size_t i = 0; i < energies.size(); ++i) {
          line("singular_value", fmt::format("{}", i), spectrum.singular_values[i]);
          line("cumulative_energy", fmt::format("{}", i), energies[i]);
        }
        line("effective_rank", "", spectrum.effective_rank);
        line("participation_ratio", "", spectrum.participation_ratio);
        for (std::size_t i = 0; i < spectrum.ranks.size(); ++i) {
          line("rank", csv_number(report.result.shares[i]), static_cast<double>(spectrum.ranks[i]));
        }
      }
    }
  }
  return out;
}

}  // namespace aqua::report
