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

/// The members that results share, as far as this one has them.
Facts result_facts(const Input& input) {
  Facts facts{{{"result", fmt::format("{} ({})", file_name(input), input.schema)}}};
  if (!model_name(input).empty()) {
    facts.lines.emplace_back("model", fmt::format("{} ({})", model_name(input), model_text(input)));
  }
  const auto calibration = input.json.find("calibration");
  if (calibration != input.json.end() && calibration->is_object()) {
    const auto fitted = calibration->find("fitted_on");
    if (fitted != calibration->end() && fitted->is_array()) {
      std::vector<std::string> corpora;
      for (const ResultJson& corpus : *fitted) corpora.push_back(corpus_text(corpus, input.path));
      facts.lines.emplace_back("fitted on", fmt::format("{}", fmt::join(corpora, "; ")));
    }
  }
  const auto corpora = input.json.find("corpora");
  if (corpora != input.json.end() && corpora->is_array()) {
    std::vector<std::string> measured;
    for (const ResultJson& corpus : *corpora) {
      if (!corpus.is_object()) continue;
      const auto nested = corpus.find("corpus");
      const ResultJson& described =
          nested != corpus.end() && nested->is_object() ? *nested : corpus;
      if (described.contains("documents")) measured.push_back(corpus_text(described, input.path));
    }
    if (!measured.empty()) {
      facts.lines.emplace_back("measured on", fmt::format("{}", fmt::join(measured, "; ")));
    }
  }
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
