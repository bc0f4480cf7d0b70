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
  CLI::App* app =
      parent.add_subcommand("perplexity", "Measure how well the model predicts text, as it is");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en", "hi"});
  app->add_option("--csv", options->csv, "write all numbers as CSV to FILE, or - for stdout")
      ->option_text("FILE|-");
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "Example:\n"
      "  aqua analyze perplexity -m models/llama -c en=en.txt --sequence-length 1024");
  return {app, &options->common, [options] { run_analyze_perplexity(*options); }};
}

void run_analyze_perplexity(const AnalyzePerplexityOptions& options) {
  if (options.common.json && options.csv == "-") {
    fail<UsageError>("--csv - and --json both want standard output; give --csv a file name");
  }
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  if (!options.csv.empty() && options.csv != "-") require_writable(options.csv);
  Runtime runtime(options.common, options.compute);
  const Workload workload(options.input, corpora, runtime);

  report::PerplexityReport report;
  report.provenance = runtime.provenance(workload.corpus_facts());
  report.model = workload.model().facts();
  for (const text::PackedCorpus& corpus : workload.corpora()) {
    report.corpora.push_back(analysis::perplexity(workload.model(), corpus, runtime.execution()));
  }
  if (!options.csv.empty()) write_text(options.csv, report::perplexity_csv(report));
  if (options.common.json) {
    print_result(report::perplexity_json(report));
  } else if (options.csv != "-") {
    print_result(report::perplexity_text(report));
  }
}

}  // namespace aqua::tools
