// Convergence results for programs: JSON and CSV.

#include <fmt/format.h>

#include "aqua/report/convergence.hpp"
#include "csv.hpp"
#include "estimates.hpp"

namespace aqua::report {

std::string convergence_json(const ConvergenceReport& report) {
  const analysis::ConvergenceResult& result = report.result;
  Json root = {{"schema", "aqua-convergence"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(result.model);
  root["site"] = capture::name(result.options.site);
  root["fitted_on"] = to_json(result.fitted_on);
  root["held_out"] = to_json(result.held_out);
  root["documents"] = result.documents;
  root["bootstrap_replicates"] = result.options.bootstrap_replicates;
  Json layers = Json::array();
  for (const LayerIndex layer : result.layers) layers.push_back(layer.value);
  root["layers"] = std::move(layers);
  root["definitions"] = {
      {"query_loss", "mean over held-out tokens, layers and query heads of 1 - |q_S|/|q|"},
      {"to_last", "the loss minus that with the basis of all tokens, resampled in pairs"},
      {"overlap", "|Va^T Vb|_F^2/k with the basis of all tokens, mean over layers and KV heads"},
      {"suggestion",
       "the smallest count from which on |to_last| <= tolerance * (last loss), at the far end of "
       "its interval, for every k_ratio and selection"}};
  Json points = Json::array();
  for (const analysis::ConvergencePoint& point : result.points) {
    Json losses = Json::array();
    for (const analysis::ConvergenceValue& value : point.values) {
      losses.push_back({{"selection", analysis::name(value.selection)},
                        {"k_ratio", value.k_ratio},
                        {"k", value.k},
                        {"query_loss", to_json(value.loss)},
                        {"to_last", to_json(value.to_last)}});
    }
    Json subspaces = Json::array();
    for (std::size_t i = 0; i < point.to_last.size(); ++i) {
      const analysis::SubspaceSummary& all = point.to_last[i].model;
      subspaces.push_back({{"k_ratio", result.options.k_ratios[i]},
                           {"k", point.to_last[i].k},
                           {"overlap", number(all.overlap)},
                           {"mean_angle", number(all.mean_angle)},
                           {"worst_overlap", number(all.worst_overlap)},
                           {"largest_angle", number(all.largest_angle)},
                           {"worst_layer", all.worst_layer.value},
                           {"worst_kv_head", all.worst_head}});
    }
    points.push_back({{"tokens", point.tokens},
                      {"losses", std::move(losses)},
                      {"subspaces", std::move(subspaces)}});
  }
  root["points"] = std::move(points);
  root["suggestion"] = {{"tolerance", result.tolerance},
                        {"settled", result.suggestion.settled},
                        {"tokens", result.suggestion.tokens},
                        {"change", number(result.suggestion.change)},
                        {"last_step", number(result.suggestion.last_step)}};
  return dump_line(root);
}

std::string convergence_csv(const ConvergenceReport& report) {
  const analysis::ConvergenceResult& result = report.result;
  std::string out = "tokens,quantity,selection,k_ratio,k,value,low,high\n";
  for (const analysis::ConvergencePoint& point : result.points) {
    const auto line = [&](std::string_view quantity, std::string_view selection, double ratio,
                          int64_t k, const analysis::Estimate& estimate) {
      std::vector<std::string> fields{fmt::format("{}", point.tokens), std::string(quantity),
                                      std::string(selection), csv_number(ratio),
                                      fmt::format("{}", k)};
      const auto numbers = csv_estimate(estimate);
      fields.insert(fields.end(), numbers.begin(), numbers.end());
      out += csv_line(fields);
    };
    for (const analysis::ConvergenceValue& value : point.values) {
      const std::string_view selection = analysis::name(value.selection);
      line("query_loss", selection, value.k_ratio, value.k, value.loss);
      line("to_last", selection, value.k_ratio, value.k, value.to_last);
    }
    for (std::size_t i = 0; i < point.to_last.size(); ++i) {
      const analysis::SubspaceComparison& compared = point.to_last[i];
      const double ratio = result.options.k_ratios[i];
      line("overlap_to_last", "", ratio, compared.k,
           {.value = compared.model.overlap, .low = {}, .high = {}});
      line("mean_angle_to_last", "", ratio, compared.k,
           {.value = compared.model.mean_angle, .low = {}, .high = {}});
    }
  }
  return out;
}

}  // namespace aqua::report
