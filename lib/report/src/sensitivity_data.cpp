// Sensitivity results for programs: JSON and CSV.

#include <fmt/format.h>

#include "aqua/report/sensitivity.hpp"
#include "csv.hpp"
#include "provenance_json.hpp"

namespace aqua::report {
namespace {

using analysis::SensitivityResult;

Json spread_json(const analysis::Spread& spread) {
  return {{"mean", number(spread.mean)},
          {"deviation", number(spread.deviation)},
          {"low", number(spread.low)},
          {"high", number(spread.high)}};
}

Json numbers(const std::vector<std::vector<double>>& values) {
  Json rows = Json::array();
  for (const auto& row : values) {
    Json array = Json::array();
    for (const double value : row) array.push_back(number(value));
    rows.push_back(std::move(array));
  }
  return rows;
}

Json loss_json(const SensitivityResult& result, const analysis::SensitivityLoss& loss) {
  Json groups = Json::array();
  for (const analysis::Spread& spread : loss.groups) groups.push_back(spread_json(spread));
  Json differences = Json::array();
  for (const analysis::DomainDifference& difference : loss.differences) {
    differences.push_back({{"group", result.groups[difference.group].name},
                           {"difference", number(difference.difference)},
                           {"noise", number(difference.noise)},
                           {"beyond_noise", difference.beyond_noise}});
  }
  return {{"evaluation", result.groups[loss.evaluation].name},
          {"selection", analysis::name(loss.selection)},
          {"k_ratio", loss.k_ratio},
          {"k", loss.k},
          {"query_loss", numbers(loss.losses)},
          {"groups", std::move(groups)},
          {"differences", std::move(differences)}};
}

}  // namespace

std::string sensitivity_json(const SensitivityReport& report) {
  const SensitivityResult& result = report.result;
  Json root = {{"schema", "aqua-sensitivity"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(result.model);
  root["site"] = capture::name(result.options.site);
  Json layers = Json::array();
  for (const LayerIndex layer : result.layers) layers.push_back(layer.value);
  root["layers"] = std::move(layers);
  root["definitions"] = {
      {"query_loss", "[group][part], of the basis of that part, on the evaluation's held-out text"},
      {"difference", "mean loss with the group's bases minus mean loss with the evaluation's own"},
      {"noise",
       "95 % quantile of |difference| between two parts of one text, over the pairs within either "
       "group"},
      {"overlap", "|Va^T Vb|_F^2/k between parts, mean over layers, KV heads and pairs of parts"}};
  root["groups"] = Json::array();
  for (std::size_t g = 0; g < result.groups.size(); ++g) {
    const analysis::SensitivityGroup& group = result.groups[g];
    root["groups"].push_back({{"name", group.name},
                              {"corpus", to_json(group.corpus)},
                              {"held_out", to_json(result.held_out[g])},
                              {"parts", group.parts},
                              {"tokens", group.tokens}});
  }
  root["losses"] = Json::array();
  for (const auto& loss : result.losses) root["losses"].push_back(loss_json(result, loss));
  root["overlaps"] = Json::array();
  for (const analysis::SensitivityOverlap& overlap : result.overlaps) {
    root["overlaps"].push_back({{"k_ratio", overlap.k_ratio},
                                {"k", overlap.k},
                                {"chance", overlap.chance},
                                {"mean", numbers(overlap.mean)},
                                {"lowest", numbers(overlap.lowest)}});
  }
  return dump_line(root);
}

std::string sensitivity_csv(const SensitivityReport& report) {
  const SensitivityResult& result = report.result;
  std::string out = "quantity,evaluation,selection,k_ratio,k,group,other,part,value\n";
  for (const analysis::SensitivityLoss& loss : result.losses) {
    const auto line = [&](std::string_view quantity, std::size_t group, std::string_view other,
                          std::string part, double value) {
      out += csv_line({std::string(quantity), csv_field(result.groups[loss.evaluation].name),
                       std::string(analysis::name(loss.selection)), csv_number(loss.k_ratio),
                       fmt::format("{}", loss.k), csv_field(result.groups[group].name),
                       csv_field(other), std::move(part), csv_number(value)});
    };
    for (std::size_t g = 0; g < result.groups.size(); ++g) {
      for (std::size_t p = 0; p < loss.losses[g].size(); ++p) {
        line("query_loss", g, "", fmt::format("{}", p), loss.losses[g][p]);
      }
      line("mean", g, "", "", loss.groups[g].mean);
      line("deviation", g, "", "", loss.groups[g].deviation);
    }
    for (const analysis::DomainDifference& difference : loss.differences) {
      const std::string& own = result.groups[loss.evaluation].name;
      line("difference", difference.group, own, "", difference.difference);
      line("noise", difference.group, own, "", difference.noise);
    }
  }
  for (const analysis::SensitivityOverlap& overlap : result.overlaps) {
    for (std::size_t g = 0; g < result.groups.size(); ++g) {
      for (std::size_t h = g; h < result.groups.size(); ++h) {
        const auto line = [&](std::string_view quantity, double value) {
          out += csv_line({std::string(quantity), "", "", csv_number(overlap.k_ratio),
                           fmt::format("{}", overlap.k), csv_field(result.groups[g].name),
                           csv_field(result.groups[h].name), "", csv_number(value)});
        };
        line("overlap", overlap.mean[g][h]);
        line("lowest_overlap", overlap.lowest[g][h]);
      }
    }
  }
  return out;
}

}  // namespace aqua::report
