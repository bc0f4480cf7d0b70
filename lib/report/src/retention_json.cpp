#include "aqua/report/retention.hpp"
#include "estimates.hpp"
#include "retention_index.hpp"

namespace aqua::report {
namespace {

constexpr int schema_version = 1;

Json to_json(const analysis::MeasureResult& result, const std::vector<LayerIndex>& layers) {
  Json by_layer = Json::array();
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    Json entry = {{"layer", layers[l].value}};
    entry.update(report::to_json(result.layers[l]));
    by_layer.push_back(std::move(entry));
  }
  Json by_head = Json::array();
  for (const std::vector<double>& heads : result.heads) {
    Json row = Json::array();
    for (const double value : heads) row.push_back(number(value));
    by_head.push_back(std::move(row));
  }
  return {{"model", report::to_json(result.model)},
          {"worst",
           {{"value", number(result.worst)},
            {"layer", result.worst_layer.value},
            {"head", result.worst_head}}},
          {"layers", std::move(by_layer)},
          {"heads", std::move(by_head)}};
}

Json to_json(const analysis::RetentionResult& result) {
  Json layers = Json::array();
  for (const LayerIndex layer : result.layers) layers.push_back(layer.value);
  Json settings = Json::array();
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const analysis::Setting& setting = result.settings[s];
    Json measured = Json::object();
    for (const auto& [measure, value] : result.results[s]) {
      measured[std::string(info_of(measure).key)] = to_json(value, result.layers);
    }
    settings.push_back({{"basis", setting.basis},
                        {"k_ratio", setting.k_ratio},
                        {"k", setting.plan.empty() ? Json(setting.k) : Json(nullptr)},
                        {"plan", setting.plan.empty() ? Json(nullptr) : Json(setting.plan)},
                        {"selection", analysis::name(setting.selection)},
                        {"measures", std::move(measured)}});
  }
  return {{"corpus", report::to_json(result.corpus)},
          {"site", capture::name(result.options.site)},
          {"documents", result.documents},
          {"queries_per_head", result.queries_per_head},
          {"pair_queries_per_head", result.pair_queries_per_head},
          {"pairs_per_head", result.pairs_per_head},
          {"zero_queries", result.zero_queries},
          {"zero_keys", result.zero_keys},
          {"bootstrap_replicates", result.options.bootstrap_replicates},
          {"layers", std::move(layers)},
          {"results", std::move(settings)}};
}

Json definitions() {
  Json all = Json::object();
  for (const analysis::MeasureInfo& info : analysis::measures()) {
    all[std::string(info.key)] = {{"label", info.label},
                                  {"definition", info.definition},
                                  {"needs_orthogonal", info.needs_orthogonal},
                                  {"pairwise", info.pairwise},
                                  {"higher_is_better", info.higher_is_better}};
  }
  return all;
}

}  // namespace

std::string retention_json(const RetentionReport& report) {
  Json bases = Json::object();
  Json corpora = Json::array();
  for (const analysis::RetentionResult& result : report.corpora) {
    for (const std::string& basis : bases_of(result)) {
      const BasisText text = basis_text(basis);
      bases[basis] = {{"label", text.label}, {"description", text.description}};
    }
    corpora.push_back(to_json(result));
  }
  Json fitted = Json::array();
  for (const CorpusFacts& corpus : report.fitted_on) fitted.push_back(to_json(corpus));
  Json root = {{"schema", "aqua-retention"}, {"schema_version", schema_version}};
  root["provenance"] = to_json(report.provenance);
  if (!report.corpora.empty()) root["model"] = to_json(report.corpora.front().model);
  root["calibration"] = {
      {"file", report.calibration.empty() ? Json(nullptr) : Json(report.calibration)},
      {"fitted_on", std::move(fitted)}};
  root["measures"] = definitions();
  root["bases"] = std::move(bases);
  root["corpora"] = std::move(corpora);
  return dump_line(root);
}

}  // namespace aqua::report
