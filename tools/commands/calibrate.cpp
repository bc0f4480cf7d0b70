#include "commands/calibrate.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>

#include "aqua/report/describe.hpp"
#include "common/fit.hpp"
#include "common/layers.hpp"
#include "common/output.hpp"
#include "common/workload.hpp"

namespace aqua::tools {
namespace {

report::Summary summary(const std::filesystem::path& output,
                        const store::Calibration& calibration) {
  report::Summary summary = report::describe_calibration(output, calibration);
  summary.schema = "aqua-calibrate";
  summary.title = fmt::format("Calibrated {}", calibration.model.name);
  // How it was made is known to the user who just ran it; aqua inspect shows it again.
  for (report::Section& section : summary.sections) {
    section.in_text = section.key == "corpora" || section.key == "spectrum";
  }
  summary.sections.insert(
      summary.sections.begin(),
      {.key = "output",
       .title = "",
       .facts = {{"file", "calibration file", output.string()},
                 {"bytes", "size", static_cast<int64_t>(std::filesystem::file_size(output)),
                  report::Style::bytes}}});
  summary.next = {{"what slicing and selection lose",
                   fmt::format("aqua analyze retention {}", output.string())},
                  {"projections for a runtime", fmt::format("aqua export {}", output.string())},
                  {"all that the file holds", fmt::format("aqua inspect {}", output.string())}};
  return summary;
}

/// What the run would take: memory by parts, and time at the measured rate of products.
report::Summary prediction(const Workload& workload, const std::vector<LayerIndex>& layers,
                           const std::set<capture::Site>& sites, const Execution& execution) {
  const model::Model& model = workload.model();
  const capture::ModelFacts& facts = model.facts();
  model::PassShape shape{.layers = facts.layers, .threads = execution.pool.size()};
  if (!layers.empty()) shape.layers = std::ranges::max(layers).value + 1;
  model::PassMemory memory;
  double flops = 0.0;
  int64_t tokens = 0;
  for (const text::PackedCorpus& corpus : workload.corpora()) {
    shape.tokens = 0;
    for (const auto& ids : corpus.ids) {
      shape.tokens += static_cast<int64_t>(ids.size());
      shape.longest_sequence = std::max(shape.longest_sequence, static_cast<int64_t>(ids.size()));
    }
    const model::PassCost cost = model.cost(shape);
    if (cost.memory.total() > memory.total()) memory = cost.memory;  // one corpus at a time
    flops += cost.flops();
    tokens += shape.tokens;
  }
  // Two factors per head while it is fitted, two more and the basis when it is solved.
  const int64_t square = facts.heads.head_dim * facts.heads.head_dim * int64_t{sizeof(double)};
  const auto fitted = static_cast<int64_t>(layers.empty() ? facts.layers : std::ssize(layers));
  const int64_t statistics =
      (5 * fitted * std::ssize(sites) + 2 * (shape.threads + 1)) * facts.heads.kv_heads * square;
  const double rate =
      model::measured_flops_per_second(model.products(), facts.hidden_size, execution);
  using report::Style;
  return {
      .schema = "aqua-calibrate-dry-run",
      .title = fmt::format("Calibrating {} would take", facts.name),
      .sections = {
          {.key = "memory",
           .title = "Memory at its peak, upper bounds",
           .facts = {{"weights", "one layer's weights", memory.weights, Style::bytes},
                     {"reading", "reading them", memory.reading, Style::bytes},
                     {"hidden_states", "hidden states", memory.hidden_states, Style::bytes},
                     {"hidden_states_in_file", "hidden states in a file",
                      memory.hidden_states_in_file},
                     {"workspaces", "rows at work", memory.workspaces, Style::bytes},
                     {"statistics", "statistics and bases", statistics, Style::bytes},
                     {"program", "program, text, kernels", memory.program, Style::bytes},
                     {"total", "total", memory.total() + statistics, Style::bytes}}},
          {.key = "time",
           .title = "Time, about",
           .facts = {{"seconds", "seconds", flops / rate},
                     {"tokens", "tokens", tokens},
                     {"gflop", "10^9 operations", flops * 1e-9},
                     {"gflop_per_second", "10^9 operations a second", rate * 1e-9},
                     {"products", "products", model.products().name()}},
           .notes = {"Operations of the layers' products and of attention, at the rate of plain "
                     "products measured just now; reading the file, fitting and softmax add some "
                     "tens of per cent."}}}};
}

}  // namespace

Command setup_calibrate(CLI::App& parent) {
  auto options = std::make_shared<CalibrateOptions>();
  CLI::App* app = parent.add_subcommand(
      "calibrate",
      "Fit AQUA projections: run the model over text and decompose its queries and keys");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en"});
  add_output_option(*app, options->output,
                    "calibration file to write (default: <model name>.aqua.h5)");
  add_site_option(*app, options->site, /*allow_both=*/true);
  add_layers_option(*app, options->input);
  add_shard_option(*app, options->input);
  app->add_flag("--resume", options->resume.resume,
                "go on where an interrupted run with the same output stopped: at the last layers "
                "saved in OUTPUT.partial");
  app->add_option("--save-every", options->resume.save_every_s,
                  "seconds between saves of finished layers to OUTPUT.partial, 0 for every layer")
      ->option_text("SECONDS")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 30))
      ->capture_default_str();
  app->add_flag("--dry-run", options->dry_run,
                "only say how much memory and time this would take; write nothing");
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "Several corpora are stacked into one calibration.\n\n"
      "Example:\n"
      "  aqua calibrate -m models/llama -c en=en.txt -c hi=hi.txt -o llama.aqua.h5");
  return {app, &options->common, [options] { run_calibrate(*options); }};
}

void run_calibrate(const CalibrateOptions& options) {
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  const std::filesystem::path output = options.output.empty()
                                           ? default_output(options.input.model, ".aqua.h5")
                                           : std::filesystem::path(options.output);
  if (!options.dry_run) require_writable(output);
  Runtime runtime(options.common, options.compute);

  const Workload workload(options.input, corpora, runtime, output.parent_path());
  const capture::ModelFacts& model = workload.model().facts();
  const std::vector<LayerIndex> layers = parse_layers(options.input.layers, model.layers);
  if (options.dry_run) {
    const report::Summary result =
        prediction(workload, layers, sites_of(options.site), runtime.execution());
    return print_result(options.common.json ? to_json(result) : to_text(result));
  }
  ResumeOptions resume = options.resume;
  resume.compute = options.input.compute;
  ResumableFit fit(output, resume, workload, layers, sites_of(options.site), runtime);

  runtime.stage("fitting");
  Statistics statistics = fit.run();
  const store::Calibration calibration =
      make_calibration(model, runtime.provenance(workload.corpus_facts()), std::move(statistics),
                       runtime.execution());
  store::write_calibration(output, calibration);
  fit.finished();

  const report::Summary result = summary(output, calibration);
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools
