#include "common/variants.hpp"

#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iterator>
#include <map>

#include "aqua/analysis/variants.hpp"
#include "aqua/core/error.hpp"
#include "aqua/projection/selection.hpp"
#include "aqua/store/calibration.hpp"
#include "aqua/store/plan_file.hpp"
#include "common/describe.hpp"
#include "common/fit.hpp"
#include "common/parts.hpp"

namespace aqua::tools {
namespace {

std::string known_variants() {
  std::string names;
  for (const attention::Variant* variant : attention::variants()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", variant->name);
  }
  return names;
}

store::Calibration calibration_for(std::span<const attention::VariantSpec> specs,
                                   const VariantOptions& options, const Workload& workload,
                                   const WorkFolder& folder, Runtime& runtime) {
  const capture::ModelFacts& model = workload.model().facts();
  if (!options.calibration.empty()) {
    store::Calibration calibration = store::read_calibration(options.calibration);
    require_same_model(options.calibration, calibration.model, model);
    return calibration;
  }
  if (!analysis::need_calibration(specs)) return {.model = model, .provenance = {}, .heads = {}};
  const auto sources = workload.sources({});
  capture::QkSource& first = *sources.front();
  runtime.note(
      fmt::format("no calibration file given: fitting on {} first", first.info().corpus.name));
  store::Calibration calibration = fit_or_reuse(first, capture::Site::post_rope, folder, runtime);
  runtime.stage("");
  return calibration;
}

std::map<std::string, projection::Plan> read_plans(std::span<const attention::VariantSpec> specs,
                                                   const capture::ModelFacts& model) {
  std::map<std::string, projection::Plan> plans;
  for (const attention::VariantSpec& spec : specs) {
    const auto file = spec.given("plan");
    if (!file || plans.contains(*file)) continue;
    store::PlanFile plan = store::read_plan(*file);
    store::require_model(*file, plan, model);
    plans.emplace(*file, std::move(plan.plan));
  }
  return plans;
}

std::string describe_all(std::span<const attention::VariantSpec> specs,
                         const std::map<std::string, projection::Plan>& plans,
                         const store::Calibration& calibration) {
  std::string text;
  for (const attention::VariantSpec& spec : specs) text += spec.text + ";";
  for (const auto& [file, plan] : plans) text += fmt::format("{}: {};", file, plan.k);
  return text + " calibration " + describe(calibration);
}

}  // namespace

void add_variant_options(CLI::App& app, VariantOptions& options) {
  app.add_option("--variants", options.variants,
                 "attention variants, NAME[:key=value[,key=value...]][@LAYERS], several separated "
                 "by \";\"; may be repeated; names: " +
                     known_variants())
      ->option_text("SPEC[;SPEC...]")
      ->allow_extra_args(false);
  app.add_option("--k-ratios", options.k_ratios,
                 "also aqua-static and aqua at these values of k, separated by commas")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--calibration", options.calibration,
                 "calibration file with the bases that variants need (default: fit on the first "
                 "corpus)")
      ->option_text("CAL");
}

std::vector<attention::VariantSpec> parse_variants(const VariantOptions& options) {
  std::vector<attention::VariantSpec> specs;
  for (const std::string& text : options.variants) {
    std::ranges::move(attention::parse_specs(text), std::back_inserter(specs));
  }
  for (const std::string_view name : {"aqua-static", "aqua"}) {
    for (const double ratio : options.k_ratios) {
      projection::kept_dimensions(ratio, 1);  // refuses what is no k_ratio
      specs.push_back(attention::parse_spec(fmt::format("{}:k={}", name, ratio)));
    }
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (specs[i].text != specs[j].text) continue;
      fail<UsageError>("attention \"{}\" is asked for twice", specs[i].text);
    }
  }
  return specs;
}

Variants load_variants(std::vector<attention::VariantSpec> specs, const VariantOptions& options,
                       const Workload& workload, const WorkFolder& folder, Runtime& runtime) {
  Variants variants{
      .specs = std::move(specs), .attentions = {}, .fitted_on = {}, .description = {}};
  const auto plans = read_plans(variants.specs, workload.model().facts());
  const store::Calibration calibration =
      calibration_for(variants.specs, options, workload, folder, runtime);
  if (analysis::need_calibration(variants.specs)) {
    variants.fitted_on = calibration.provenance.corpora;
  }
  variants.attentions =
      analysis::make_attentions(variants.specs, calibration, plans, runtime.execution());
  if (folder.keeps()) variants.description = describe_all(variants.specs, plans, calibration);
  return variants;
}

std::vector<analysis::NamedAttention> Variants::named() const {
  std::vector<analysis::NamedAttention> attentions_by_name;
  for (std::size_t v = 0; v < specs.size(); ++v) {
    attentions_by_name.push_back({specs[v].text, attentions[v].get()});
  }
  return attentions_by_name;
}

}  // namespace aqua::tools
