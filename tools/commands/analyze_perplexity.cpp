#include "commands/analyze_perplexity.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>

#include "aqua/analysis/perplexity_file.hpp"
#include "aqua/report/perplexity.hpp"
#include "common/describe.hpp"
#include "common/output.hpp"
#include "common/work_folder.hpp"
#include "common/workload.hpp"

namespace aqua::tools {
namespace {

analysis::PerplexityOptions measurement(const AnalyzePerplexityOptions& options) {
  analysis::PerplexityOptions measurement{.seed = options.compute.seed,
                                          .bootstrap_replicates = options.bootstrap,
                                          .fidelity = options.fidelity};
  if (const int64_t limit = options.input.memory_limit; limit > 0) {
    measurement.pass_bytes = std::min(measurement.pass_bytes, limit);
  }
  return measurement;
}

/// One pass, from the work folder if it is there.
analysis::PerplexityPass pass_or_reuse(const AnalyzePerplexityOptions& options,
                                       const model::Model& model, const text::PackedCorpus& corpus,
                                       const analysis::SequenceRange& range,
                                       const Variants& variants, const WorkFolder& folder,
                                       Runtime& runtime) {
  const auto attentions = variants.named();
  const std::string& name = corpus.facts.name;
  std::filesystem::path file;
  if (folder.keeps()) {
    file = folder.file(
        fmt::format("scores-{}-{}", name, range.first),
        fmt::format("scores model {} variants {} fidelity {} windows {}", model.facts().sha256,
                    variants.description, options.fidelity, describe(corpus, range)),
        ".safetensors");
    if (folder.offers(file, fmt::format("scores of {}, sequences {} to {}", name, range.first + 1,
                                        range.end))) {
      return analysis::read_perplexity_pass(file, model, corpus, range, attentions,
                                            measurement(options));
    }
  }
  analysis::PerplexityPass pass = analysis::run_perplexity_pass(
      model, corpus, range, attentions, measurement(options), runtime.execution());
  if (folder.keeps()) analysis::write_perplexity_pass(file, pass);
  return pass;
}

analysis::PerplexityResult measure_text(const AnalyzePerplexityOptions& options,
                                        const model::Model& model, const text::PackedCorpus& corpus,
                                        const Variants& variants, const WorkFolder& folder,
                                        Runtime& runtime) {
  const auto attentions = variants.named();
  std::vector<analysis::PerplexityPass> passes;
  for (const analysis::SequenceRange& range :
       analysis::perplexity_passes(model, corpus, attentions, measurement(options))) {
    passes.push_back(pass_or_reuse(options, model, corpus, range, variants, folder, runtime));
  }
  return analysis::assemble_perplexity(corpus, attentions, std::move(passes), measurement(options));
}

}  // namespace

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
  add_bootstrap_option(*app, options->bootstrap);
  add_analysis_options(*app, *options,
                       "the fit; passes over sequences whose hidden states take up to 1 GiB, or "
                       "less by --memory-limit");
  app->footer(
      "Example:\n"
      "  aqua analyze perplexity -m models/llama -c en=en.txt --sequence-length 1024\n"
      "  aqua analyze perplexity --k-ratios 0.5,0.75 --variants \"h2o;loki:r=0.5\"");
  return {app, &options->common, [options] { run_analyze_perplexity(*options); }};
}

void run_analyze_perplexity(const AnalyzePerplexityOptions& options) {
  check_csv(options.common, options.csv);
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  std::vector<attention::VariantSpec> specs = parse_variants(options.variants);
  Runtime runtime(options.common, options.compute);
  const WorkFolder folder(options.resume, runtime);
  const Workload workload(options.input, corpora, runtime);
  const Variants variants =
      load_variants(std::move(specs), options.variants, workload, folder, runtime);

  report::PerplexityReport report;
  report.provenance = runtime.provenance(workload.corpus_facts());
  report.model = workload.model().facts();
  report.calibration = options.variants.calibration;
  report.fitted_on = variants.fitted_on;
  report.bootstrap_replicates = options.bootstrap;
  for (const text::PackedCorpus& corpus : workload.corpora()) {
    report.corpora.push_back(
        measure_text(options, workload.model(), corpus, variants, folder, runtime));
  }
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::perplexity_csv(report); },
               .json = [&] { return report::perplexity_json(report); },
               .text = [&] { return report::perplexity_text(report); }});
}

}  // namespace aqua::tools
