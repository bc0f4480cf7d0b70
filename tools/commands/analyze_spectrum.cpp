#include "commands/analyze_spectrum.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "aqua/analysis/spectrum.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/spectrum.hpp"
#include "common/fit.hpp"
#include "common/layers.hpp"
#include "common/output.hpp"
#include "common/workload.hpp"

namespace aqua::tools {
namespace {

void check(const AnalyzeSpectrumOptions& options) {
  check_csv(options.common, options.csv);
  for (const double share : options.shares) {
    if (!(share > 0.0 && share <= 1.0)) {
      fail<UsageError>("--energy: expected shares above 0 and up to 1, found {}", share);
    }
  }
}

/// The calibration file, confined to the layers asked for, or one fitted in this run.
store::Calibration calibration(const AnalyzeSpectrumOptions& options, Runtime& runtime) {
  if (options.calibration.empty()) {
    const Workload workload(options.input, resolve_corpora(options.input.corpora), runtime);
    const capture::ModelFacts& model = workload.model().facts();
    const auto sources = workload.sources(parse_layers(options.input.layers, model.layers));
    std::vector<capture::QkSource*> all;
    for (const auto& source : sources) all.push_back(source.get());
    runtime.stage("fitting");
    return make_calibration(model, runtime.provenance(workload.corpus_facts()),
                            fit(all, sites_of(options.site), runtime.execution()),
                            runtime.execution());
  }
  store::Calibration read = store::read_calibration(options.calibration);
  const auto layers = parse_layers(options.input.layers, read.model.layers);
  if (layers.empty()) return read;
  std::erase_if(read.heads, [&](const auto& entry) {
    return std::find(layers.begin(), layers.end(), entry.first.first) == layers.end();
  });
  if (read.heads.empty()) {
    fail<UsageError>("--layers: {} holds none of the layers {}", options.calibration,
                     options.input.layers);
  }
  return read;
}

}  // namespace

Command setup_analyze_spectrum(CLI::App& parent) {
  auto options = std::make_shared<AnalyzeSpectrumOptions>();
  CLI::App* app = parent.add_subcommand(
      "spectrum", "Show how many directions hold the energy of queries and keys");
  CLI::Option* file =
      app->add_option("calibration", options->calibration,
                      "calibration file, from which no model has to run; without it, fit first")
          ->option_text("[CAL]");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en"});
  for (const char* name : {"--model", "--corpus"}) app->get_option(name)->excludes(file);
  app->add_option("--energy", options->shares,
                  "shares of the energy for which the needed k is given, separated by commas")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  add_site_option(*app, options->site, /*allow_both=*/true);
  app->add_flag("--per-head", options->per_head, "also print tables layer x KV head");
  add_csv_option(*app, options->csv);
  add_layers_option(*app, options->input);
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua analyze spectrum llama.aqua.h5 --per-head\n"
      "  aqua analyze spectrum -m models/llama -c hi=hi.txt --energy 0.9,0.99");
  return {app, &options->common, [options] { run_analyze_spectrum(*options); }};
}

void run_analyze_spectrum(const AnalyzeSpectrumOptions& options) {
  check(options);
  Runtime runtime(options.common, options.compute);
  const store::Calibration fitted = calibration(options, runtime);
  const report::SpectrumReport report{
      .provenance = runtime.provenance(fitted.provenance.corpora),
      .calibration = options.calibration,
      .result = analysis::spectrum(fitted, options.shares, runtime.execution())};
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::spectrum_csv(report); },
               .json = [&] { return report::spectrum_json(report); },
               .text = [&] { return report::spectrum_text(report, options.per_head); }});
}

}  // namespace aqua::tools
