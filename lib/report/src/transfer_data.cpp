// Transfer results for programs: JSON and CSV.

#include <fmt/format.h>

#include "aqua/report/transfer.hpp"
#include "csv.hpp"
#include "estimates.hpp"
#include "retention_index.hpp"

namespace aqua::report {
namespace {

using analysis::Estimate;
using analysis::LayeredEstimate;
using analysis::TransferCell;
using analysis::TransferMeasure;
using analysis::TransferResult;

const std::string& evaluation_name(const TransferResult& result, std::size_t evaluation) {
  return result.evaluations[evaluation].all.corpus.name;
}

Json by_layer(const LayeredEstimate& estimate, const std::vector<LayerIndex>& layers) {
  Json array = Json::array();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    Json entry = {{"layer", layers[l].value}};
    entry.update(to_json(estimate.layers[l]));
    array.push_back(std::move(entry));
  }
  return array;
}

Json difference_json(const LayeredEstimate& estimate, const std::vector<LayerIndex>& layers) {
  Json object = to_json(estimate.model);
  object["finding"] = finding_key(analysis::finding(estimate.model));
  object["layers"] = by_layer(estimate, layers);
  return object;
}

Json measure_json(const TransferMeasure& measure) {
  return {{"measure", info_of(measure.measure).key},
          {"selection", analysis::name(measure.selection)},
          {"k_ratio", measure.k_ratio},
          {"k", measure.k}};
}

Json cell_json(const TransferResult& result, std::size_t m, std::size_t f, std::size_t e) {
  const TransferCell& cell = result.cells[m][f][e];
  Json object = measure_json(result.measures[m]);
  object["fit"] = result.fits[f].name;
  object["evaluation"] = evaluation_name(result, e);
  object.update(to_json(cell.value.model));
  object["worst"] = {
      {"value", number(cell.worst)}, {"layer", cell.worst_layer.value}, {"head", cell.worst_head}};
  object["layers"] = by_layer(cell.value, result.layers);
  object["gap"] = cell.gap ? difference_json(*cell.gap, result.layers) : Json(nullptr);
  return object;
}

Json subspace_json(const analysis::SubspaceSummary& summary) {
  return {{"overlap", number(summary.overlap)},
          {"mean_angle", number(summary.mean_angle)},
          {"worst",
           {{"overlap", number(summary.worst_overlap)},
            {"largest_angle", number(summary.largest_angle)},
            {"layer", summary.worst_layer.value},
            {"kv_head", summary.worst_head}}}};
}

class CsvLines {
 public:
  CsvLines(const TransferResult& result, std::string& out) : result_(result), out_(out) {}

  void start(std::string_view quantity, const TransferMeasure& measure, std::string_view fit,
             std::string_view evaluation, std::string_view other) {
    prefix_ = {std::string(quantity),
               std::string(info_of(measure.measure).key),
               std::string(analysis::name(measure.selection)),
               csv_number(measure.k_ratio),
               fmt::format("{}", measure.k),
               csv_field(fit),
               csv_field(evaluation),
               csv_field(other)};
  }
  void start_subspace(std::string_view quantity, double ratio, int64_t k, std::string_view fit,
                      std::string_view other) {
    prefix_ = {
        std::string(quantity), "", "", csv_number(ratio), fmt::format("{}", k), csv_field(fit), "",
        csv_field(other)};
  }
  void line(std::string_view level, std::string layer, const Estimate& estimate) {
    std::vector<std::string> fields = prefix_;
    fields.emplace_back(level);
    fields.push_back(std::move(layer));
    const auto numbers = csv_estimate(estimate);
    fields.insert(fields.end(), numbers.begin(), numbers.end());
    out_ += csv_line(fields);
  }
  void lines(const LayeredEstimate& estimate) {
    line("model", "", estimate.model);
    for (std::size_t l = 0; l < estimate.layers.size(); ++l) {
      line("layer", layer(l), estimate.layers[l]);
    }
  }
  std::string layer(std::size_t l) const { return fmt::format("{}", result_.layers[l].value); }

 private:
  const TransferResult& result_;
  std::string& out_;
  std::vector<std::string> prefix_;
};

Estimate plain(double value) { return {.value = value, .low = {}, .high = {}}; }

}  // namespace

std::string transfer_json(const TransferReport& report) {
  const TransferResult& result = report.result;
  Json root = {{"schema", "aqua-transfer"}, {"schema_version", 1}};
  root["provenance"] = to_json(report.provenance);
  root["model"] = to_json(result.model);
  root["site"] = capture::name(result.options.site);
  root["bootstrap_replicates"] = result.options.bootstrap_replicates;
  Json layers = Json::array();
  for (const LayerIndex layer : result.layers) layers.push_back(layer.value);
  root["layers"] = std::move(layers);
  root["fits"] = Json::array();
  for (const analysis::TransferFit& fit : result.fits) {
    Json corpora = Json::array();
    for (const CorpusFacts& corpus : fit.corpora) corpora.push_back(to_json(corpus));
    root["fits"].push_back({{"name", fit.name},
                            {"file", fit.file.empty() ? Json(nullptr) : Json(fit.file)},
                            {"corpora", std::move(corpora)}});
  }
  root["evaluations"] = Json::array();
  for (const analysis::TransferEvaluation& evaluation : result.evaluations) {
    root["evaluations"].push_back(
        {{"corpus", to_json(evaluation.all.corpus)},
         {"documents", evaluation.all.documents},
         {"queries_per_head", evaluation.all.queries_per_head},
         {"pairs_per_head", evaluation.all.pairs_per_head},
         {"native",
          evaluation.native ? Json(result.fits[*evaluation.native].name) : Json(nullptr)}});
  }
  root["definitions"] = {
      {"value", "T[fit][evaluation]: mean over layers and query heads"},
      {"gap", "T[fit][evaluation] - T[native][evaluation], resampled over the same documents"},
      {"aligned",
       "T[fit][first] - T[fit][second] over the documents with ids that all aligned texts have, "
       "paired by document"},
      {"overlap", "|Va^T Vb|_F^2/k of the first k directions, mean over layers and KV heads"},
      {"angles", "principal angles, radians"}};
  root["cells"] = Json::array();
  for (std::size_t m = 0; m < result.measures.size(); ++m) {
    for (std::size_t f = 0; f < result.fits.size(); ++f) {
      for (std::size_t e = 0; e < result.evaluations.size(); ++e) {
        root["cells"].push_back(cell_json(result, m, f, e));
      }
    }
  }
  Json differences = Json::array();
  for (const analysis::AlignedDifference& difference : result.differences) {
    Json object = measure_json(difference.measure);
    object["fit"] = result.fits[difference.fit].name;
    object["first"] = evaluation_name(result, difference.first);
    object["second"] = evaluation_name(result, difference.second);
    object["first_value"] = number(difference.first_value);
    object["second_value"] = number(difference.second_value);
    object["difference"] = difference_json(difference.difference, result.layers);
    differences.push_back(std::move(object));
  }
  root["aligned"] = {{"documents", result.aligned_documents},
                     {"differences", std::move(differences)}};
  root["subspaces"] = Json::array();
  for (const analysis::TransferSubspaces& pair : result.subspaces) {
    for (std::size_t i = 0; i < pair.by_k.size(); ++i) {
      Json object = {{"first", result.fits[pair.first].name},
                     {"second", result.fits[pair.second].name},
                     {"k_ratio", result.options.k_ratios[i]},
                     {"k", pair.by_k[i].k}};
      object.update(subspace_json(pair.by_k[i].model));
      Json of_layers = Json::array();
      for (std::size_t l = 0; l < result.layers.size(); ++l) {
        Json layer = {{"layer", result.layers[l].value}};
        layer.update(subspace_json(pair.by_k[i].layers[l]));
        of_layers.push_back(std::move(layer));
      }
      object["layers"] = std::move(of_layers);
      root["subspaces"].push_back(std::move(object));
    }
  }
  return dump_line(root);
}

std::string transfer_csv(const TransferReport& report) {
  const TransferResult& result = report.result;
  std::string out =
      "quantity,measure,selection,k_ratio,k,fit,evaluation,other,level,layer,value,low,high\n";
  CsvLines csv(result, out);
  for (std::size_t m = 0; m < result.measures.size(); ++m) {
    for (std::size_t f = 0; f < result.fits.size(); ++f) {
      for (std::size_t e = 0; e < result.evaluations.size(); ++e) {
        const TransferCell& cell = result.cells[m][f][e];
        const std::string& fit = result.fits[f].name;
        csv.start("value", result.measures[m], fit, evaluation_name(result, e), "");
        csv.lines(cell.value);
        csv.line("worst", fmt::format("{}", cell.worst_layer.value), plain(cell.worst));
        if (!cell.gap) continue;
        csv.start("gap", result.measures[m], fit, evaluation_name(result, e), "");
        csv.lines(*cell.gap);
      }
    }
  }
  for (const analysis::AlignedDifference& difference : result.differences) {
    csv.start("difference", difference.measure, result.fits[difference.fit].name,
              evaluation_name(result, difference.first),
              evaluation_name(result, difference.second));
    csv.lines(difference.difference);
  }
  for (const analysis::TransferSubspaces& pair : result.subspaces) {
    for (std::size_t i = 0; i < pair.by_k.size(); ++i) {
      const analysis::SubspaceComparison& compared = pair.by_k[i];
      const auto start = [&](std::string_view quantity) {
        csv.start_subspace(quantity, result.options.k_ratios[i], compared.k,
                           result.fits[pair.first].name, result.fits[pair.second].name);
      };
      start("overlap");
      csv.line("model", "", plain(compared.model.overlap));
      for (std::size_t l = 0; l < compared.layers.size(); ++l) {
        csv.line("layer", csv.layer(l), plain(compared.layers[l].overlap));
      }
      csv.line("worst", fmt::format("{}", compared.model.worst_layer.value),
               plain(compared.model.worst_overlap));
      start("mean_angle");
      csv.line("model", "", plain(compared.model.mean_angle));
      for (std::size_t l = 0; l < compared.layers.size(); ++l) {
        csv.line("layer", csv.layer(l), plain(compared.layers[l].mean_angle));
      }
    }
  }
  return out;
}

}  // namespace aqua::report
