#include "commands/analyze_sensitivity.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "aqua/analysis/sensitivity.hpp"
#include "aqua/report/sensitivity.hpp"
#include "common/held_out.hpp"
#include "common/layers.hpp"
#include "common/output.hpp"
#include "common/parts.hpp"
#include "common/workload.hpp"

namespace aqua::tools {
namespace {

/// Who is in which part of a text, for the report.
analysis::SensitivityGroup group_of(const capture::StreamInfo& info,
                                    const std::vector<int32_t>& part_of, int64_t parts) {
  analysis::SensitivityGroup group{.name = info.corpus.name,
                                   .corpus = info.corpus,
                                   .parts = std::vector<std::vector<std::string>>(parts),
                                   .tokens = std::vector<int64_t>(parts, 0)};
  for (std::size_t d = 0; d < part_of.size(); ++d) {
    group.parts[part_of[d]].push_back(info.documents[d]);
  }
  for (const SequenceInfo& sequence : info.sequences) {
    for (int64_t t = sequence.first_counted; t < sequence.length(); ++t) {
      ++group.tokens[part_of[sequence.document[t]]];
    }
  }
  return group;
}

}  // namespace

Command setup_analyze_sensitivity(CLI::App& parent) {
  auto options = std::make_shared<AnalyzeSensitivityOptions>();
  CLI::App* app = parent.add_subcommand(
      "sensitivity",
      "Measure whether it matters which documents, and which corpus, a basis is fitted on");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en", "hi"});
  app->add_option("--parts", options->parts,
                  "random disjoint parts of each corpus that bases are fitted on")
      ->option_text("N")
      ->check(CLI::Range(int64_t{2}, int64_t{1000}))
      ->capture_default_str();
  app->add_option("--held-out-share", options->held_out_share,
                  "share of each corpus's documents that is held out to measure on")
      ->option_text("X")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_ratio_option(*app, options->k_ratios);
  add_site_option(*app, options->site, /*allow_both=*/false);
  add_layers_option(*app, options->input);
  add_analysis_options(*app, *options, "each fit, each measured corpus");
  app->footer(
      "The seed decides which documents are held out and which part the others are in.\n\n"
      "Example:\n"
      "  aqua analyze sensitivity -m models/llama -c news=news.txt -c code=code.txt");
  return {app, &options->common, [options] { run_analyze_sensitivity(*options); }};
}

void run_analyze_sensitivity(const AnalyzeSensitivityOptions& options) {
  check_ratios(options.k_ratios);
  check_csv(options.common, options.csv);
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  Runtime runtime(options.common, options.compute);
  const WorkFolder folder(options.resume, runtime);
  const capture::Site site = capture::site_from_name(options.site);
  const Workload workload(
      options.input,
      load_split(corpora, options.held_out_share, options.compute.seed, runtime.execution().cancel),
      runtime);
  const auto layers = parse_layers(options.input.layers, workload.model().facts().layers);
  const auto all = workload.sources(layers);
  const auto sources = std::span(all).first(corpora.size());
  const auto held_out = std::span(all).subspan(corpora.size());

  std::vector<analysis::SensitivityGroup> groups;
  std::vector<std::vector<int32_t>> parts;  // [source][document]
  for (std::size_t c = 0; c < sources.size(); ++c) {
    const capture::StreamInfo& info = sources[c]->info();
    parts.push_back(analysis::deal_documents(std::ssize(info.documents), options.parts,
                                             options.compute.seed, c));
    groups.push_back(group_of(info, parts.back(), options.parts));
  }
  std::vector<analysis::NamedBasis> bases;
  for (std::size_t c = 0; c < sources.size(); ++c) {
    const auto fitted = fit_parts_or_reuse(
        *sources[c], site, analysis::parts_by_document(sources[c]->info(), parts[c]),
        /*cumulative=*/false, folder, runtime);
    for (std::size_t p = 0; p < fitted.size(); ++p) {
      bases.push_back(aqua_basis(fmt::format("{} part {}", groups[c].name, p), fitted[p], site,
                                 sources[c]->layers(), runtime.execution()));
    }
  }
  std::vector<analysis::RetentionResult> measured;
  for (const auto& source : held_out) {
    measured.push_back(measure_or_reuse(*source, copies_of(bases),
                                        {.k_ratios = options.k_ratios,
                                         .site = site,
                                         .pairwise = false,
                                         .seed = options.compute.seed,
                                         .bootstrap_replicates = 0},
                                        folder, runtime)
                           .all);
  }
  const report::SensitivityReport report{
      .provenance = runtime.provenance(workload.corpus_facts()),
      .result =
          analysis::assemble_sensitivity(std::move(groups), bases, measured, runtime.execution())};
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::sensitivity_csv(report); },
               .json = [&] { return report::sensitivity_json(report); },
               .text = [&] { return report::sensitivity_text(report); }});
}

}  // namespace aqua::tools
