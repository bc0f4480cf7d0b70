#include "common/variants.hpp"

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
#include "common/fit.hpp"

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
                                   Runtime& runtime) {
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
  runtime.stage("fitting");
  capture::QkSource* const fitted[] = {&first};
  store::Calibration calibration = make_calibration(
      model, runtime.provenance({first.info().corpus}),
      fit(fitted, {capture::Site::post_rope}, runtime.execution()), runtime.execution());
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
                       const Workload& workload, Runtime& runtime) {
  Variants variants{.specs = std::move(specs), .attentions = {}, .fitted_on = {}};
  const auto plans = read_plans(variants.specs, workload.model().facts());
  const store::Calibration calibration =
      calibration_for(variants.specs, options, workload, runtime);
  if (analysis::need_calibration(variants.specs)) {
    variants.fitted_on = calibration.provenance.corpora;
  }
  variants.attentions =
      analysis::make_attentions(variants.specs, calibration, plans, runtime.execution());
  return variants;
}

}  // namespace aqua::tools
