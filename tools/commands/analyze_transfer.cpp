#include "commands/analyze_transfer.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <set>

#include "aqua/analysis/transfer.hpp"
#include "aqua/core/error.hpp"
#include "aqua/report/transfer.hpp"
#include "common/fit.hpp"
#include "common/output.hpp"
#include "common/parts.hpp"
#include "common/sources.hpp"

namespace aqua::tools {
namespace {

using analysis::TransferEvaluation;
using analysis::TransferFit;

/// What can be known to be wrong before anything is loaded.
void check(const AnalyzeTransferOptions& options) {
  check_ratios(options.k_ratios);
  check_csv(options.common, options.csv);
  if (options.aligned.size() == 1) {
    fail<UsageError>("--aligned: expected two corpora or more, found only \"{}\"",
                     options.aligned.front());
  }
}

/// Rows of the matrix: calibration files first, then one per text.
struct Rows {
  std::vector<TransferFit> fits;
  std::vector<analysis::NamedBasis> bases;
};

/// "models/llama.aqua.h5" → "llama".
std::string label_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  for (const std::string_view suffix : {".aqua.h5", ".h5"}) {
    if (name.ends_with(suffix) && name.size() > suffix.size()) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return name;
}

Rows make_rows(const AnalyzeTransferOptions& options, capture::Site site, const Sources& opened,
               const WorkFolder& folder, Runtime& runtime) {
  Rows rows;
  const capture::QkSource& first = *opened.sources.front();
  const auto add = [&](TransferFit fit, const store::Calibration& calibration) {
    rows.bases.push_back(
        aqua_basis(fit.name, calibration, site, first.layers(), runtime.execution()));
    fit.corpora = calibration.provenance.corpora;
    rows.fits.push_back(std::move(fit));
  };
  for (const std::string& file : options.calibrations) {
    const store::Calibration calibration = store::read_calibration(file);
    require_same_model(file, calibration.model, first.info().model);
    add({.name = label_of(file), .file = file, .corpora = {}}, calibration);
  }
  for (const auto& source : opened.sources) {
    add({.name = source->info().corpus.name, .file = {}, .corpora = {}},
        fit_or_reuse(*source, site, folder, runtime));
  }
  return rows;
}

/// Labels must be told apart, and all sources must be of one model and have the same layers.
void check_sources(const AnalyzeTransferOptions& options, const Sources& opened) {
  std::set<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!names.insert(name).second) {
      fail<UsageError>("the name \"{}\" labels two rows; give the corpus another name", name);
    }
  };
  for (const std::string& file : options.calibrations) add(label_of(file));
  const capture::QkSource& first = *opened.sources.front();
  for (const auto& source : opened.sources) {
    const capture::StreamInfo& info = source->info();
    add(info.corpus.name);
    if (info.model.sha256 != first.info().model.sha256 || source->layers() != first.layers()) {
      fail<UsageError>("{} and {}: expected activations of one model and the same layers",
                       first.info().corpus.name, info.corpus.name);
    }
  }
}

/// [source] the documents in common, for texts that are aligned.
std::vector<std::vector<int32_t>> aligned_documents(const AnalyzeTransferOptions& options,
                                                    const Sources& opened) {
  std::vector<capture::StreamInfo> infos;
  for (const auto& source : opened.sources) infos.push_back(source->info());
  std::vector<std::size_t> among;
  for (const std::string& name : options.aligned) {
    const auto found = std::ranges::find(
        infos, name, [](const auto& info) -> const std::string& { return info.corpus.name; });
    if (found == infos.end()) fail<UsageError>("--aligned: there is no corpus \"{}\"", name);
    among.push_back(static_cast<std::size_t>(found - infos.begin()));
    if (std::ranges::count(among, among.back()) > 1) {
      fail<UsageError>("--aligned: \"{}\" is named twice", name);
    }
  }
  const analysis::Alignment alignment = analysis::align_documents(infos, among);
  std::vector<std::vector<int32_t>> documents(infos.size());
  for (std::size_t i = 0; i < alignment.corpora.size(); ++i) {
    documents[alignment.corpora[i]] = alignment.documents[i];
  }
  return documents;
}

void print(const AnalyzeTransferOptions& options, const report::TransferReport& report) {
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::transfer_csv(report); },
               .json = [&] { return report::transfer_json(report); },
               .text = [&] { return report::transfer_text(report, options.per_layer); }});
}

}  // namespace

Command setup_analyze_transfer(CLI::App& parent) {
  auto options = std::make_shared<AnalyzeTransferOptions>();
  CLI::App* app = parent.add_subcommand(
      "transfer",
      "Measure what a basis fitted on one text loses on another: every corpus "
      "against every corpus");
  app->add_option("calibrations", options->calibrations,
                  "calibration files whose bases are measured as well")
      ->option_text("[CAL...]");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en", "hi"});
  add_activations_option(*app, options->activations);
  app->add_option("--aligned", options->aligned,
                  "corpora whose documents of equal id say the same, separated by commas (default: "
                  "those that share ids other than numbers)")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_ratio_option(*app, options->k_ratios);
  add_site_option(*app, options->site, /*allow_both=*/false);
  add_pair_queries_option(*app, options->pair_queries);
  app->add_flag("--no-pairs", options->no_pairs,
                "leave out what is measured over pairs (logit and output errors), which is most of "
                "the work");
  add_bootstrap_option(*app, options->bootstrap);
  app->add_flag("--per-layer", options->per_layer, "also print gaps and overlaps by layer");
  add_layers_option(*app, options->input);
  add_analysis_options(*app, *options, "each fit, each measured corpus");
  app->get_option("--resume")->excludes(app->get_option("--activations"));
  app->footer(
      "Example:\n"
      "  aqua analyze transfer -m models/llama -c en=en.txt -c hi=hi.txt\n"
      "  aqua analyze transfer llama.aqua.h5 -m llama -c code=c.txt --resume work");
  return {app, &options->common, [options] { run_analyze_transfer(*options); }};
}

void run_analyze_transfer(const AnalyzeTransferOptions& options) {
  check(options);
  const std::vector<NamedPath> corpora = options.activations.empty()
                                             ? resolve_corpora(options.input.corpora)
                                             : std::vector<NamedPath>();
  Runtime runtime(options.common, options.compute);
  const WorkFolder folder(options.resume, runtime);
  const capture::Site site = capture::site_from_name(options.site);
  const Sources opened = open_sources(options.input, corpora, options.activations, runtime);
  check_sources(options, opened);
  const auto aligned = aligned_documents(options, opened);
  Rows rows = make_rows(options, site, opened, folder, runtime);

  std::vector<TransferEvaluation> evaluations;
  std::vector<CorpusFacts> facts;
  for (std::size_t e = 0; e < opened.sources.size(); ++e) {
    capture::QkSource& source = *opened.sources[e];
    analysis::MeasuredText measured = measure_or_reuse(source, copies_of(rows.bases),
                                                       {.k_ratios = options.k_ratios,
                                                        .site = site,
                                                        .pairwise = !options.no_pairs,
                                                        .pair_queries = options.pair_queries,
                                                        .seed = options.compute.seed,
                                                        .bootstrap_replicates = options.bootstrap,
                                                        .keep_replicates = true,
                                                        .subset = aligned[e]},
                                                       folder, runtime);
    evaluations.push_back({.all = std::move(measured.all),
                           .aligned = std::move(measured.subset),
                           .native = options.calibrations.size() + e});
    facts.push_back(source.info().corpus);
  }
  print(options,
        {.provenance = runtime.provenance(std::move(facts)),
         .result = analysis::assemble_transfer(std::move(rows.fits), std::move(evaluations),
                                               rows.bases, runtime.execution())});
}

}  // namespace aqua::tools
