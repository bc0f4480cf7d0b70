// What was calibrated, on what, and what was measured on what.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

Facts calibration_facts(const Input& input) {
  const store::Calibration& calibration = *input.calibration;
  std::vector<std::string> corpora;
  for (const CorpusFacts& corpus : calibration.provenance.corpora) {
    corpora.push_back(fmt::format("{} ({}, {})", corpus.name, counted(corpus.documents, "document"),
                                  counted(corpus.tokens, "token")));
  }
  std::set<LayerIndex> layers;
  std::set<std::string> sites;
  for (const auto& [key, heads] : calibration.heads) {
    layers.insert(key.first);
    sites.emplace(capture::name(key.second));
  }
  return {{{"calibration", file_name(input)},
           {"model", fmt::format("{} ({})", model_name(input), model_text(input))},
           {"fitted on", fmt::format("{}", fmt::join(corpora, "; "))},
           {"layers", fmt::format("{} of {}", layers.size(), calibration.model.layers)},
           {"vectors", fmt::format("{}", fmt::join(sites, ", "))}}};
}

/// Adds the corpora that stand at `value`: facts of a corpus, an object or a list of objects with
/// them as a member, or a list of either. Whatever else it is holds none; nor is anything looked
/// for deeper than results nest, so that a hostile file cannot exhaust the stack.
void collect_corpora(const ResultJson& value, const std::string& context, int depth,
                     std::vector<std::string>& corpora) {
  if (depth == 0) return;
  if (value.is_array()) {
    for (const ResultJson& item : value) collect_corpora(item, context, depth - 1, corpora);
  } else if (value.is_object()) {
    if (value.contains("sha256") && value.contains("documents")) {
      place_of(corpora, corpus_text(value, context));
      return;
    }
    for (const char* key : {"corpus", "corpora"}) {
      const auto nested = value.find(key);
      if (nested != value.end()) collect_corpora(*nested, context, depth - 1, corpora);
    }
  }
}

/// The texts under the members with these names, wherever results keep them.
std::string corpora_text(const Input& input, std::initializer_list<std::string_view> pointers) {
  std::vector<std::string> corpora;
  for (const std::string_view pointer : pointers) {
    const ResultJson::json_pointer at{std::string(pointer)};
    if (input.json.contains(at))
      collect_corpora(input.json.at(at), input.path, /*depth=*/5, corpora);
  }
  return fmt::format("{}", fmt::join(corpora, "; "));
}

Facts result_facts(const Input& input) {
  Facts facts{{{"result", fmt::format("{} ({})", file_name(input), input.schema)}}};
  const auto add = [&facts](std::string label, std::string value) {
    if (!value.empty()) facts.lines.emplace_back(std::move(label), std::move(value));
  };
  if (!model_name(input).empty()) {
    add("model", fmt::format("{} ({})", model_name(input), model_text(input)));
  }
  add("fitted on",
      corpora_text(input, {"/calibration/fitted_on", "/fitted_on", "/fits", "/groups"}));
  add("chosen on", corpora_text(input, {"/choice/chosen_on"}));
  add("measured on", corpora_text(input, {"/corpora", "/evaluations", "/held_out"}));
  return facts;
}

}  // namespace

std::vector<Section> subject_section(const Inputs& inputs) {
  Section section{.id = "subject", .title = "What was calibrated and measured", .blocks = {}};
  for (const Input& input : inputs) {
    section.blocks.emplace_back(input.calibration ? calibration_facts(input) : result_facts(input));
  }
  return {std::move(section)};
}

}  // namespace aqua::report::document
