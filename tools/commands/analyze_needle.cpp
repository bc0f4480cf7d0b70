#include "commands/analyze_needle.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "aqua/analysis/needle.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/needle.hpp"
#include "aqua/text/tokenizer.hpp"
#include "common/data_folder.hpp"
#include "common/output.hpp"
#include "common/workload.hpp"

namespace aqua::tools {
namespace {

void add_haystack_options(CLI::App& app, AnalyzeNeedleOptions& options) {
  app.add_option("--lengths", options.lengths, "tokens in a haystack, separated by commas")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 24))
      ->capture_default_str();
  app.add_option("--depths", options.depths,
                 "where the needle stands, from 0 (start) to 1 (end), separated by commas")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--needles", options.needles,
                 "needles: JSONL with \"id\", \"language\", \"prompt\" and \"answer\"; those whose "
                 "language is the corpus's name are used, or all when there is none (default: the "
                 "bundled ones, en and hi)")
      ->option_text("FILE");
  app.add_option("--count", options.count, "needles to use of each language, 0 for all")
      ->option_text("N")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000}))
      ->capture_default_str();
  app.add_option("--retrieval-heads", options.retrieval_heads,
                 "heads to report on: those that copy most under exact attention")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->capture_default_str();
}

std::vector<analysis::Needle> chosen(std::span<const analysis::Needle> all,
                                     const std::string& corpus, int64_t count) {
  std::vector<analysis::Needle> needles = analysis::needles_for(all, corpus);
  if (count > 0 && std::ssize(needles) > count) needles.resize(static_cast<std::size_t>(count));
  return needles;
}

}  // namespace

Command setup_analyze_needle(CLI::App& parent) {
  auto options = std::make_shared<AnalyzeNeedleOptions>();
  CLI::App* app = parent.add_subcommand(
      "needle",
      "Find out whether attention variants still find a sentence far back in the context");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en", "hi"});
  add_haystack_options(*app, *options);
  add_variant_options(*app, options->variants);
  app->add_option("--bootstrap", options->bootstrap,
                  "bootstrap replicates for the 95 % intervals, 0 for none")
      ->option_text("N")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000}))
      ->capture_default_str();
  app->add_flag("--with-tokens", options->with_tokens,
                "write the token ids of every haystack into the JSON result, too");
  app->add_option("--csv", options->csv, "write all numbers as CSV to FILE, or - for stdout")
      ->option_text("FILE|-");
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "The text of the corpora is what the needles are hidden in.\n\n"
      "Example:\n"
      "  aqua analyze needle --variants \"aqua:k=0.5;h2o\"\n"
      "  aqua analyze needle -m models/llama -c en=book.txt --lengths 2048,8192");
  return {app, &options->common, [options] { run_analyze_needle(*options); }};
}

void run_analyze_needle(const AnalyzeNeedleOptions& options) {
  if (options.common.json && options.csv == "-") {
    fail<UsageError>("--csv - and --json both want standard output; give --csv a file name");
  }
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  std::vector<attention::VariantSpec> specs = parse_variants(options.variants);
  const std::filesystem::path file = options.needles.empty()
                                         ? data_folder() / "needles.jsonl"
                                         : std::filesystem::path(options.needles);
  const std::vector<analysis::Needle> needles = analysis::read_needles(file);
  if (!options.csv.empty() && options.csv != "-") require_writable(options.csv);
  Runtime runtime(options.common, options.compute);
  const Workload workload(options.input, corpora, runtime);
  const auto tokenizer = text::load_tokenizer(resolve_model(options.input.model));
  const Variants variants = load_variants(std::move(specs), options.variants, workload, runtime);
  std::vector<analysis::NamedAttention> attentions;
  for (std::size_t v = 0; v < variants.specs.size(); ++v) {
    attentions.push_back({variants.specs[v].text, variants.attentions[v].get()});
  }

  report::NeedleReport report;
  report.model = workload.model().facts();
  report.needles_file = file.string();
  report.calibration = options.variants.calibration;
  report.fitted_on = variants.fitted_on;
  report.with_tokens = options.with_tokens;
  for (const NamedPath& corpus : corpora) {
    runtime.stage(corpus.name);
    report.corpora.push_back(analysis::measure_needles(
        workload.model(), *tokenizer,
        text::load_corpus(corpus.name, corpus.path, runtime.execution().cancel),
        chosen(needles, corpus.name, options.count), attentions,
        {.lengths = options.lengths,
         .depths = options.depths,
         .retrieval_heads = options.retrieval_heads,
         .seed = options.compute.seed,
         .bootstrap_replicates = options.bootstrap},
        runtime.execution()));
  }
  report.provenance = runtime.provenance(workload.corpus_facts());
  if (!options.csv.empty()) write_text(options.csv, report::needle_csv(report));
  if (options.common.json) {
    print_result(report::needle_json(report));
  } else if (options.csv != "-") {
    print_result(report::needle_text(report));
  }
}

}  // namespace aqua::tools
