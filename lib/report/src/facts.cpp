#include "facts.hpp"

#include <nlohmann/json.hpp>

namespace aqua::report {
namespace {

Value option_value(const nlohmann::ordered_json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const auto& item : value) {
    items.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  }
  return items;
}

}  // namespace

Section model_section(const capture::ModelFacts& model) {
  return {.key = "model",
          .title = "Model",
          .facts = {{"name", "name", model.name},
                    {"architecture", "architecture", model.architecture},
                    {"sha256", "sha256 of weights", model.sha256},
                    {"layers", "layers", model.layers},
                    {"query_heads", "query heads", model.heads.query_heads},
                    {"kv_heads", "KV heads", model.heads.kv_heads},
                    {"head_dim", "head dimension", model.heads.head_dim},
                    {"hidden_size", "hidden size", model.hidden_size},
                    {"vocabulary", "vocabulary", model.vocabulary},
                    {"rope_layout", "rotary layout", std::string(name(model.rope_layout))}}};
}

Section provenance_section(const Provenance& provenance) {
  return {.key = "provenance",
          .title = "Made by",
          .facts = {{"tool_version", "version", provenance.tool_version},
                    {"command", "command", provenance.command},
                    {"date", "date", provenance.date},
                    {"kernels", "kernels", provenance.kernels},
                    {"threads", "threads", int64_t{provenance.threads}},
                    {"seed", "seed", static_cast<int64_t>(provenance.seed), Style::identifier}}};
}

Section options_section(const Provenance& provenance) {
  Section section{.key = "options", .title = "Options"};
  const auto options =
      nlohmann::ordered_json::parse(provenance.options_json, nullptr, /*allow_exceptions=*/false);
  if (!options.is_object()) return section;
  for (const auto& [key, value] : options.items()) {
    section.facts.push_back({key, printable(key), option_value(value), Style::identifier});
  }
  return section;
}

Section corpora_section(std::span<const CorpusFacts> corpora) {
  Section section{.key = "corpora",
                  .title = "Text",
                  .columns = {{"name", "name", Align::left},
                              {"documents", "documents"},
                              {"tokens", "tokens"},
                              {"path", "file", Align::left},
                              {.key = "sha256", .label = "sha256", .in_text = false}}};
  for (const CorpusFacts& corpus : corpora) {
    section.rows.push_back(
        {corpus.name, corpus.documents, corpus.tokens, corpus.path, corpus.sha256});
  }
  return section;
}

}  // namespace aqua::report
