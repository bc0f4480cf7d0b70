#include "assemble.hpp"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "aqua/core/version.hpp"

namespace aqua::exporter {
namespace {

using projection::Basis;

/// The corpora that the bases were fitted on, as a JSON list.
std::string corpora_json(const Provenance& provenance) {
  auto list = nlohmann::ordered_json::array();
  for (const CorpusFacts& corpus : provenance.corpora) {
    list.push_back({{"name", corpus.name},
                    {"sha256", corpus.sha256},
                    {"documents", corpus.documents},
                    {"tokens", corpus.tokens}});
  }
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void append(std::vector<float>& values, ConstMatrixView<double> matrix) {
  for (int64_t r = 0; r < matrix.rows(); ++r) {
    for (const double value : matrix.row(r)) values.push_back(static_cast<float>(value));
  }
}

Basis make_basis(const projection::BasisMethod& method, const store::CalibratedHead& head,
                 const ExportOptions& options, LayerIndex layer, int64_t kv_head) {
  // The calibration holds these already, computed and checked: the export is the same to the last
  // bit.
  if (method.name == "aqua") return head.aqua.clone();
  projection::BasisRequest request;
  request.statistics = &head.statistics;
  request.head_dim = head.aqua.dim();
  request.seed = options.seed;
  request.layer = layer;
  request.kv_head = kv_head;
  return method.make(request);
}

store::ProjectionLayer make_layer(const projection::BasisMethod& method,
                                  std::span<const store::CalibratedHead> heads,
                                  const ExportOptions& options, LayerIndex layer) {
  store::ProjectionLayer result;
  result.layer = layer;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const Basis basis = make_basis(method, heads[h], options, layer, static_cast<int64_t>(h));
    append(result.query_map, basis.query_map);
    if (!method.orthogonal) append(result.key_map, basis.key_map);
    result.singular_values.insert(result.singular_values.end(), basis.singular_values.begin(),
                                  basis.singular_values.end());
  }
  return result;
}

std::string sites_of(const store::Calibration& calibration) {
  std::set<std::string_view> names;
  for (const auto& [key, heads] : calibration.heads) names.insert(capture::name(key.second));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

store::ProjectionFile assemble(const store::Calibration& calibration,
                               const ExportOptions& options) {
  const projection::BasisMethod& method = projection::basis_method(options.method);
  const capture::ModelFacts& model = calibration.model;
  store::ProjectionFile file;
  file.kv_heads = model.heads.kv_heads;
  file.head_dim = model.heads.head_dim;
  for (const auto& [key, heads] : calibration.heads) {
    const auto& [layer, site] = key;
    if (site == options.site) file.layers.push_back(make_layer(method, heads, options, layer));
  }
  if (file.layers.empty()) {
    fail<UsageError>("site: expected one that the calibration holds ({}), found {}",
                     sites_of(calibration), capture::name(options.site));
  }
  file.attributes = {
      {"format", "aqua-projection"},
      {"format_version", int64_t{1}},
      {"head_dim", model.heads.head_dim},
      {"num_attention_heads", model.heads.query_heads},
      {"num_key_value_heads", model.heads.kv_heads},
      {"num_hidden_layers", model.layers},
      {"rope_layout", std::string(capture::name(model.rope_layout))},
      {"method", std::string(method.name)},
      {"site", std::string(capture::name(options.site))},
      {"base_model", model.name},
      {"base_model_sha256", model.sha256},
      {"convention", method.orthogonal ? "q @ P" : "q @ P_query, k @ P_key"},
      {"tool_version", fmt::format("aqua {}", version())},
      {"seed", fmt::format("{}", options.seed)},
      {"corpora", corpora_json(calibration.provenance)},
  };
  return file;
}

}  // namespace aqua::exporter
