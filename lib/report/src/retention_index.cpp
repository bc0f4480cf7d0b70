#include "retention_index.hpp"

#include <algorithm>
#include <cmath>

#include "aqua/projection/basis.hpp"

namespace aqua::report {
namespace {

template <class T>
void add_once(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

}  // namespace

std::vector<std::string> bases_of(const analysis::RetentionResult& result) {
  std::vector<std::string> bases;
  for (const analysis::Setting& setting : result.settings) add_once(bases, setting.basis);
  return bases;
}

std::vector<double> ratios_of(const analysis::RetentionResult& result) {
  std::vector<double> ratios;
  for (const analysis::Setting& setting : result.settings) {
    if (setting.plan.empty()) add_once(ratios, setting.k_ratio);
  }
  return ratios;
}

std::vector<KeptLevel> levels_of(const analysis::RetentionResult& result) {
  std::vector<KeptLevel> levels;
  for (const analysis::Setting& setting : result.settings) {
    add_once(levels, KeptLevel{setting.k_ratio, setting.plan});
  }
  return levels;
}

const analysis::MeasureResult* find(const analysis::RetentionResult& result, std::string_view basis,
                                    const KeptLevel& level, analysis::Selection selection,
                                    analysis::Measure measure) {
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const analysis::Setting& setting = result.settings[s];
    if (setting.basis != basis || setting.selection != selection ||
        level != KeptLevel{setting.k_ratio, setting.plan}) {
      continue;
    }
    const auto found = result.results[s].find(measure);
    if (found == result.results[s].end() || !std::isfinite(found->second.model.value)) {
      return nullptr;
    }
    return &found->second;
  }
  return nullptr;
}

const analysis::MeasureResult* find(const analysis::RetentionResult& result, std::string_view basis,
                                    double k_ratio, analysis::Selection selection,
                                    analysis::Measure measure) {
  return find(result, basis, KeptLevel{k_ratio, {}}, selection, measure);
}

int64_t kept(const analysis::RetentionResult& result, double k_ratio) {
  for (const analysis::Setting& setting : result.settings) {
    if (setting.plan.empty() && setting.k_ratio == k_ratio) return setting.k;
  }
  return 0;
}

const analysis::MeasureInfo& info_of(analysis::Measure measure) {
  const auto all = analysis::measures();
  return *std::find_if(all.begin(), all.end(), [measure](const analysis::MeasureInfo& info) {
    return info.measure == measure;
  });
}

BasisText basis_text(std::string_view name) {
  for (const projection::BasisMethod& method : projection::basis_methods()) {
    if (method.name == name) return {std::string(method.label), std::string(method.description)};
  }
  if (name == "native") {
    return {"AQUA on the text itself",
            "Fitted on the measured text itself; the floor for transfer."};
  }
  return {std::string(name), ""};
}

}  // namespace aqua::report
