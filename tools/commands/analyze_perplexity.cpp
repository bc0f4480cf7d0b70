#include "commands/analyze_perplexity.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "aqua/analysis/perplexity.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/perplexity.hpp"
#include "common/output.hpp"
#include "common/workload.hpp"

namespace aqua::tools {

Command setup_analyze_perplexity(CLI::App& parent) {
  auto options = std::make_shared<AnalyzePerplexityOptions>();
  CLI::App* app = parent.add_subcommand(
      "perplexity",
      "Measure how well the model predicts text, with exact attention and with variants");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en", "hi"});
  add_variant_options(*app, options->variants);
  app->add_flag("--fidelity", options->fidelity,
                "also compare each variant's attention weights and outputs with exact attention on "
                "the same queries and keys; takes about twice as long");
  app->add_option("--bootstrap", options->bootstrap,
                  "bootstrap replicates for the 95 % intervals, 0 for none")
      ->option_text("N")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000}))
      ->capture_default_str();
  app->add_option("--csv", options->csv, "write all numbers as CSV to FILE, or - for stdout")
      ->option_text("FILE|-");
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua analyze perplexity -m models/llama -c en=en.txt --sequence-length 1024\n"
      "  aqua analyze perplexity --k-ratios 0.5,0.75 --variants \"h2o;loki:r=0.5\"");
  return {app, &options->common, [options] { run_analyze_perplexity(*options); }};
}

void run_analyze_perplexity(const AnalyzePerplexityOptions& options) {
  if (options.common.json && options.csv == "-") {
    fail<UsageError>("--csv - and --json both want standard output; give --csv a file name");
  }
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  std::vector<attention::VariantSpec> specs = parse_variants(options.variants);
  if (!options.csv.empty() && options.csv != "-") require_writable(options.csv);
  Runtime runtime(options.common, options.compute);
  const Workload workload(options.input, corpora, runtime);
  const Variants variants = load_variants(std::move(specs), options.variants, workload, runtime);
  std::vector<analysis::NamedAttention> attentions;
  for (std::size_t v = 0; v < variants.specs.size(); ++v) {
    attentions.push_back({variants.specs[v].text, variants.attentions[v].get()});
  }

  report::PerplexityReport report;
  report.provenance = runtime.provenance(workload.corpus_facts());
  report.model = workload.model().facts();
  report.calibration = options.variants.calibration;
  report.fitted_on = variants.fitted_on;
  report.bootstrap_replicates = options.bootstrap;
  for (const text::PackedCorpus& corpus : workload.corpora()) {
    report.corpora.push_back(analysis::perplexity(workload.model(), corpus, attentions,
                                                  {.seed = options.compute.seed,
                                                   .bootstrap_replicates = options.bootstrap,
                                                   .fidelity = options.fidelity},
                                                  runtime.execution()));
  }
  if (!options.csv.empty()) write_text(options.csv, report::perplexity_csv(report));
  if (options.common.json) {
    print_result(report::perplexity_json(report));
  } else if (options.csv != "-") {
    print_result(report::perplexity_text(report));
  }
}

}  // namespace aqua::tools
