#include "commands/analyze_convergence.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <limits>

#include "aqua/analysis/convergence.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/convergence.hpp"
#include "common/held_out.hpp"
#include "common/layers.hpp"
#include "common/output.hpp"
#include "common/parts.hpp"
#include "common/workload.hpp"

namespace aqua::tools {
namespace {

/// What can be known to be wrong before anything is loaded.
void check(const AnalyzeConvergenceOptions& options) {
  check_ratios(options.k_ratios);
  check_csv(options.common, options.csv);
  if (options.input.corpora.size() != 1) {
    fail<UsageError>("--corpus: expected one corpus, whose prefixes are fitted, found {}",
                     options.input.corpora.size());
  }
  if (!(options.tolerance > 0.0)) {
    fail<UsageError>("--tolerance: expected above 0, found {}", options.tolerance);
  }
  for (std::size_t i = 1; i < options.counts.size(); ++i) {
    if (options.counts[i] <= options.counts[i - 1]) {
      fail<UsageError>("--counts: expected rising token counts, found {} after {}",
                       options.counts[i], options.counts[i - 1]);
    }
  }
}

/// The counts asked for, or doubling ones; at most what there is.
std::vector<int64_t> token_counts(const AnalyzeConvergenceOptions& options,
                                  const CorpusFacts& corpus) {
  if (options.counts.empty()) return analysis::doubling_counts(options.first, corpus.tokens);
  if (options.counts.back() > corpus.tokens) {
    fail<UsageError>("--counts: {} tokens are more than the {} of {}", options.counts.back(),
                     corpus.tokens, corpus.name);
  }
  return options.counts;
}

}  // namespace

Command setup_analyze_convergence(CLI::App& parent) {
  auto options = std::make_shared<AnalyzeConvergenceOptions>();
  CLI::App* app = parent.add_subcommand(
      "convergence",
      "Measure how losses and subspaces settle with the number of calibration tokens");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en"});
  CLI::Option* held_out =
      app->add_option("--held-out", options->held_out,
                      "text to measure on: NAME=PATH, or the name of a bundled corpus (default: "
                      "documents held out of the corpus)")
          ->option_text("NAME[=PATH]");
  app->add_option("--held-out-share", options->held_out_share,
                  "share of the corpus's documents that is held out, drawn with the seed")
      ->option_text("X")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->excludes(held_out);
  CLI::Option* counts = app->add_option("--counts", options->counts,
                                        "token counts to fit on, rising, separated by commas "
                                        "(default: doubling up to all)")
                            ->option_text("LIST")
                            ->delimiter(',')
                            ->allow_extra_args(false)
                            ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()));
  app->add_option("--first", options->first, "the first of the doubling token counts")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()))
      ->capture_default_str()
      ->excludes(counts);
  app->add_option("--tolerance", options->tolerance,
                  "change of the loss, relative, below which a basis counts as settled")
      ->option_text("X")
      ->capture_default_str();
  add_ratio_option(*app, options->k_ratios);
  add_site_option(*app, options->site, /*allow_both=*/false);
  add_bootstrap_option(*app, options->bootstrap);
  add_layers_option(*app, options->input);
  add_analysis_options(*app, *options, "each fit, each measured corpus");
  app->footer(
      "Example:\n"
      "  aqua analyze convergence -m models/llama -c en=en.txt --tolerance 0.005\n"
      "  aqua analyze convergence -c en --held-out hi --counts 256,1024,4096");
  return {app, &options->common, [options] { run_analyze_convergence(*options); }};
}

void run_analyze_convergence(const AnalyzeConvergenceOptions& options) {
  check(options);
  std::vector<std::string> requests = options.input.corpora;
  if (!options.held_out.empty()) requests.push_back(options.held_out);
  const std::vector<NamedPath> corpora = resolve_corpora(requests);
  Runtime runtime(options.common, options.compute);
  const WorkFolder folder(options.resume, runtime);
  const capture::Site site = capture::site_from_name(options.site);
  const Workload workload =
      options.held_out.empty()
          ? Workload(options.input,
                     load_split(corpora, options.held_out_share, options.compute.seed,
                                runtime.execution().cancel),
                     runtime)
          : Workload(options.input, corpora, runtime);
  const auto layers = parse_layers(options.input.layers, workload.model().facts().layers);
  const auto sources = workload.sources(layers);
  capture::QkSource& fitted = *sources.front();
  capture::QkSource& measured = *sources.back();

  const std::vector<int64_t> counts = token_counts(options, fitted.info().corpus);
  const auto calibrations =
      fit_parts_or_reuse(fitted, site, analysis::parts_by_tokens(fitted.info(), counts),
                         /*cumulative=*/true, folder, runtime);
  std::vector<analysis::NamedBasis> bases;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    bases.push_back(aqua_basis(fmt::format("{} tokens", counts[i]), calibrations[i], site,
                               fitted.layers(), runtime.execution()));
  }
  const analysis::MeasuredText losses = measure_or_reuse(measured, copies_of(bases),
                                                         {.k_ratios = options.k_ratios,
                                                          .site = site,
                                                          .pairwise = false,
                                                          .seed = options.compute.seed,
                                                          .bootstrap_replicates = options.bootstrap,
                                                          .keep_replicates = true},
                                                         folder, runtime);
  const report::ConvergenceReport report{
      .provenance = runtime.provenance({fitted.info().corpus, measured.info().corpus}),
      .result = analysis::assemble_convergence(fitted.info().corpus, counts, bases, losses.all,
                                               options.tolerance, runtime.execution())};
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::convergence_csv(report); },
               .json = [&] { return report::convergence_json(report); },
               .text = [&] { return report::convergence_text(report); }});
}

}  // namespace aqua::tools
