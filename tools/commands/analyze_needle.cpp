#include "commands/analyze_needle.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iterator>

#include "aqua/analysis/needle_file.hpp"
#include "aqua/report/needle.hpp"
#include "aqua/text/tokenizer.hpp"
#include "common/data_folder.hpp"
#include "common/describe.hpp"
#include "common/output.hpp"
#include "common/work_folder.hpp"
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

/// Haystacks of one length, from the work folder if they are there: [haystack][attention].
std::vector<std::vector<analysis::HaystackScores>> scores_or_reuse(
    const std::string& corpus, const model::Model& model,
    std::span<const analysis::Haystack> haystacks, const Variants& variants,
    const WorkFolder& folder, Runtime& runtime) {
  const auto attentions = variants.named();
  std::filesystem::path file;
  if (folder.keeps()) {
    const int64_t length = std::ssize(haystacks.front().ids);
    file = folder.file(fmt::format("haystacks-{}-{}", corpus, length),
                       fmt::format("haystacks {} model {} variants {}", describe(haystacks),
                                   model.facts().sha256, variants.description),
                       ".safetensors");
    if (folder.offers(file, fmt::format("{} haystacks of {} tokens", corpus, length))) {
      return analysis::read_haystack_scores(file, model.facts(), std::ssize(haystacks),
                                            1 + std::ssize(attentions));
    }
  }
  auto scores = analysis::run_haystacks(model, haystacks, attentions, runtime.execution());
  if (folder.keeps()) analysis::write_haystack_scores(file, scores);
  return scores;
}

analysis::NeedleResult measure_corpus(const AnalyzeNeedleOptions& options,
                                      const model::Model& model, const text::Tokenizer& tokenizer,
                                      const text::Corpus& corpus,
                                      std::span<const analysis::Needle> needles,
                                      const Variants& variants, const WorkFolder& folder,
                                      Runtime& runtime) {
  const analysis::NeedleOptions measurement{.lengths = options.lengths,
                                            .depths = options.depths,
                                            .retrieval_heads = options.retrieval_heads,
                                            .seed = options.compute.seed,
                                            .bootstrap_replicates = options.bootstrap};
  auto haystacks = analysis::make_haystacks(tokenizer, corpus, needles, measurement);
  std::vector<std::vector<analysis::HaystackScores>> scores;
  const std::size_t of_length = haystacks.size() / options.lengths.size();
  for (std::size_t first = 0; first < haystacks.size(); first += of_length) {
    std::ranges::move(
        scores_or_reuse(corpus.name, model, std::span(haystacks).subspan(first, of_length),
                        variants, folder, runtime),
        std::back_inserter(scores));
  }
  return analysis::assemble_needles(model, corpus, needles, variants.named(), measurement,
                                    std::move(haystacks), scores);
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
  add_bootstrap_option(*app, options->bootstrap);
  app->add_flag("--with-tokens", options->with_tokens,
                "write the token ids of every haystack into the JSON result, too");
  add_analysis_options(*app, *options, "the fit; the haystacks of each corpus and length");
  app->footer(
      "The text of the corpora is what the needles are hidden in.\n\n"
      "Example:\n"
      "  aqua analyze needle --variants \"aqua:k=0.5;h2o\"\n"
      "  aqua analyze needle -m models/llama -c en=book.txt --lengths 2048,8192");
  return {app, &options->common, [options] { run_analyze_needle(*options); }};
}

void run_analyze_needle(const AnalyzeNeedleOptions& options) {
  check_csv(options.common, options.csv);
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  std::vector<attention::VariantSpec> specs = parse_variants(options.variants);
  const std::filesystem::path file = options.needles.empty()
                                         ? data_folder() / "needles.jsonl"
                                         : std::filesystem::path(options.needles);
  const std::vector<analysis::Needle> needles = analysis::read_needles(file);
  Runtime runtime(options.common, options.compute);
  const WorkFolder folder(options.resume, runtime);
  const Workload workload(options.input, corpora, runtime);
  const auto tokenizer = text::load_tokenizer(resolve_model(options.input.model));
  const Variants variants =
      load_variants(std::move(specs), options.variants, workload, folder, runtime);

  report::NeedleReport report;
  report.model = workload.model().facts();
  report.needles_file = file.string();
  report.calibration = options.variants.calibration;
  report.fitted_on = variants.fitted_on;
  report.with_tokens = options.with_tokens;
  for (const NamedPath& corpus : corpora) {
    runtime.stage(corpus.name);
    report.corpora.push_back(
        measure_corpus(options, workload.model(), *tokenizer,
                       text::load_corpus(corpus.name, corpus.path, runtime.execution().cancel),
                       chosen(needles, corpus.name, options.count), variants, folder, runtime));
  }
  report.provenance = runtime.provenance(workload.corpus_facts());
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::needle_csv(report); },
               .json = [&] { return report::needle_json(report); },
               .text = [&] { return report::needle_text(report); }});
}

}  // namespace aqua::tools
