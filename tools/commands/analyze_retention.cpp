#include "commands/analyze_retention.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <optional>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/retention.hpp"
#include "aqua/store/plan_file.hpp"
#include "common/fit.hpp"
#include "common/output.hpp"
#include "common/parts.hpp"
#include "common/sources.hpp"

namespace aqua::tools {
namespace {

constexpr std::string_view native_name = "native";

analysis::Measure measure_from_key(const std::string& key) {
  std::string known;
  for (const analysis::MeasureInfo& info : analysis::measures()) {
    if (info.key == key) return info.measure;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", info.key);
  }
  fail<UsageError>("--measure: \"{}\" is not one of {}", key, known);
}

bool asks_for_native(const AnalyzeRetentionOptions& options) {
  return std::ranges::find(options.bases, native_name) != options.bases.end();
}

/// What can be known to be wrong before anything is loaded.
void check(const AnalyzeRetentionOptions& options) {
  check_ratios(options.k_ratios);
  for (const std::string& basis : options.bases) {
    if (basis != native_name) projection::basis_method(basis);
    if (std::ranges::count(options.bases, basis) > 1) {
      fail<UsageError>("--bases: \"{}\" is named twice", basis);
    }
  }
  measure_from_key(options.measure);
  check_csv(options.common, options.csv);
}

/// The calibration file, or one fitted on the first source.
store::Calibration calibrate(const AnalyzeRetentionOptions& options, capture::Site site,
                             capture::QkSource& first, const WorkFolder& folder, Runtime& runtime) {
  if (!options.calibration.empty()) return store::read_calibration(options.calibration);
  runtime.note(
      fmt::format("no calibration file given: fitting on {} first", first.info().corpus.name));
  return fit_or_reuse(first, site, folder, runtime);
}

std::vector<analysis::NamedPlan> plans(const AnalyzeRetentionOptions& options,
                                       const capture::ModelFacts& model) {
  if (options.plan.empty()) return {};
  store::PlanFile file = store::read_plan(options.plan);
  store::require_model(options.plan, file, model);
  return {{.name = "plan", .plan = std::move(file.plan)}};
}

analysis::RetentionResult measure(const AnalyzeRetentionOptions& options, capture::Site site,
                                  const store::Calibration& calibration,
                                  const store::Calibration* native, capture::QkSource& source,
                                  const WorkFolder& folder, Runtime& runtime) {
  const std::vector<LayerIndex> layers = source.layers();
  auto bases = analysis::make_bases(options.bases, site, layers, calibration, native,
                                    options.compute.seed, runtime.execution());
  return measure_or_reuse(source, std::move(bases),
                          {.k_ratios = options.k_ratios,
                           .plans = plans(options, source.info().model),
                           .site = site,
                           .pair_queries = options.pair_queries,
                           .seed = options.compute.seed,
                           .bootstrap_replicates = options.bootstrap},
                          folder, runtime)
      .all;
}

void print(const AnalyzeRetentionOptions& options, const report::RetentionReport& report) {
  const auto text = [&] {
    std::string tables = report::retention_text(report);
    if (options.per_head) {
      tables += report::retention_heads_text(report, measure_from_key(options.measure));
    }
    return tables;
  };
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::retention_csv(report); },
               .json = [&] { return report::retention_json(report); },
               .text = text});
}

}  // namespace

Command setup_analyze_retention(CLI::App& parent) {
  auto options = std::make_shared<AnalyzeRetentionOptions>();
  CLI::App* app = parent.add_subcommand("retention",
                                        "Measure what is left of queries, keys and attention when "
                                        "k of d rotated dimensions are used");
  app->add_option("calibration", options->calibration,
                  "calibration file; without it the bases are fitted on the first corpus")
      ->option_text("[CAL]");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en", "hi"});
  add_activations_option(*app, options->activations);
  app->add_option(
         "--bases", options->bases,
         "bases to compare, separated by commas: aqua, keys, kq-svd, identity, random, native")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  add_ratio_option(*app, options->k_ratios);
  app->add_option(
         "--plan", options->plan,
         "also measure with the number of dimensions that this plan file gives each KV head")
      ->option_text("FILE");
  add_site_option(*app, options->site, /*allow_both=*/false);
  add_pair_queries_option(*app, options->pair_queries);
  add_bootstrap_option(*app, options->bootstrap);
  app->add_flag("--per-head", options->per_head, "also print tables layer x query head");
  app->add_option("--measure", options->measure, "what --per-head shows, a key as in CSV and JSON")
      ->option_text("KEY")
      ->capture_default_str();
  add_layers_option(*app, options->input);
  add_analysis_options(*app, *options, "each fit, each measured corpus");
  app->get_option("--resume")->excludes(app->get_option("--activations"));
  app->footer(
      "Example:\n"
      "  aqua analyze retention llama.aqua.h5 -m models/llama -c en=en.txt -c hi=hi.txt\n"
      "  aqua analyze retention --bases aqua,native --k-ratios 0.25,0.5 --per-head");
  return {app, &options->common, [options] { run_analyze_retention(*options); }};
}

void run_analyze_retention(const AnalyzeRetentionOptions& options) {
  check(options);
  const std::vector<NamedPath> corpora = options.activations.empty()
                                             ? resolve_corpora(options.input.corpora)
                                             : std::vector<NamedPath>();
  Runtime runtime(options.common, options.compute);
  const WorkFolder folder(options.resume, runtime);
  const capture::Site site = capture::site_from_name(options.site);
  const Sources measured = open_sources(options.input, corpora, options.activations, runtime);
  const store::Calibration calibration =
      calibrate(options, site, *measured.sources.front(), folder, runtime);

  report::RetentionReport report;
  report.calibration = options.calibration;
  report.fitted_on = calibration.provenance.corpora;
  std::vector<CorpusFacts> facts;
  for (const auto& source : measured.sources) {
    require_same_model(options.calibration, calibration.model, source->info().model);
    plans(options, source->info().model);
    facts.push_back(source->info().corpus);
  }
  for (const auto& source : measured.sources) {
    // Without a calibration file, the first text's own fit is at hand.
    const bool at_hand = options.calibration.empty() && source == measured.sources.front();
    std::optional<store::Calibration> native;
    if (asks_for_native(options) && !at_hand) {
      native = fit_or_reuse(*source, site, folder, runtime);
    }
    report.corpora.push_back(measure(options, site, calibration, native ? &*native : &calibration,
                                     *source, folder, runtime));
  }
  report.provenance = runtime.provenance(std::move(facts));
  print(options, report);
}

}  // namespace aqua::tools
