#include "provenance_json.hpp"

#include <cmath>

namespace aqua::report {

Json to_json(const CorpusFacts& corpus) {
  return {{"name", corpus.name},
          {"path", corpus.path},
          {"sha256", corpus.sha256},
          {"documents", corpus.documents},
          {"tokens", corpus.tokens}};
}

Json to_json(const capture::ModelFacts& model) {
  return {{"name", model.name},
          {"architecture", model.architecture},
          {"sha256", model.sha256},
          {"layers", model.layers},
          {"query_heads", model.heads.query_heads},
          {"kv_heads", model.heads.kv_heads},
          {"head_dim", model.heads.head_dim},
          {"hidden_size", model.hidden_size},
          {"vocabulary", model.vocabulary},
          {"rope_layout", name(model.rope_layout)}};
}

Json to_json(const Provenance& provenance) {
  Json options = Json::parse(provenance.options_json, nullptr, /*allow_exceptions=*/false);
  if (!options.is_object()) options = Json::object();
  return {{"tool_version", provenance.tool_version},
          {"command", provenance.command},
          {"options", std::move(options)},
          {"date", provenance.date},
          {"kernels", provenance.kernels},
          {"seed", provenance.seed},
          {"threads", provenance.threads}};
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string dump_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace aqua::report
