#include "commands/analyze_breakeven.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "aqua/core/error.hpp"
#include "aqua/linalg/backend.hpp"
#include "aqua/model/model.hpp"
#include "aqua/report/breakeven.hpp"
#include "common/inputs.hpp"
#include "common/output.hpp"
#include "common/runtime.hpp"

namespace aqua::tools {
namespace {

void add_layout_options(CLI::App& app, AnalyzeBreakevenOptions& options) {
  const auto natural = CLI::Range(int64_t{1}, int64_t{65536});
  CLI::Option* model = app.get_option("--model");
  CLI::Option* heads =
      app.add_option("--heads", options.query_heads, "query heads, instead of a model's")
          ->option_text("H")
          ->check(natural)
          ->excludes(model);
  CLI::Option* kv_heads = app.add_option("--kv-heads", options.kv_heads, "KV heads")
                              ->option_text("H_KV")
                              ->check(natural)
                              ->needs(heads);
  CLI::Option* head_dim = app.add_option("--head-dim", options.head_dim, "head dimension")
                              ->option_text("D")
                              ->check(natural)
                              ->needs(heads);
  heads->needs(kv_heads)->needs(head_dim);
}

report::BreakevenReport subject(const AnalyzeBreakevenOptions& options, Runtime& runtime) {
  report::BreakevenReport report;
  analysis::BreakevenOptions& task = report.result.options;
  if (options.query_heads > 0) {
    task.heads = {options.query_heads, options.kv_heads, options.head_dim};
    report.hidden_size = options.query_heads * options.head_dim;
  } else {
    const auto model = model::load_model(resolve_model(options.input.model), /*digest=*/false,
                                         runtime.execution().cancel);
    task.heads = model->facts().heads;
    task.layers = model->facts().layers;
    report.model = model->facts().name;
    report.hidden_size = model->facts().hidden_size;
  }
  task.lengths = options.lengths;
  task.k_ratios = options.k_ratios;
  task.s_ratios = options.s_ratios;
  task.repeats = options.repeats;
  task.seed = options.compute.seed;
  return report;
}

}  // namespace

Command setup_analyze_breakeven(CLI::App& parent) {
  auto options = std::make_shared<AnalyzeBreakevenOptions>();
  CLI::App* app = parent.add_subcommand(
      "breakeven",
      "Find the context length from which AQUA pays: by formula and by timing kernels");
  add_model_option(*app, options->input);
  add_layout_options(*app, *options);
  app->add_option("--lengths", options->lengths, "context lengths, rising, separated by commas")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24))
      ->capture_default_str();
  app->add_option("--k-ratios", options->k_ratios,
                  "shares of the dimensions to keep, above 0 and up to 1, separated by commas")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app->add_option("--s-ratios", options->s_ratios,
                  "AQUA-Memory: shares of the key dimensions that are not stored, separated by "
                  "commas; 0 is measured anyway")
      ->option_text("LIST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app->add_option("--repeats", options->repeats, "interleaved samples of everything")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{10'000}))
      ->capture_default_str();
  app->add_option("--csv", options->csv, "write all times as CSV to FILE, or - for stdout")
      ->option_text("FILE|-");
  app->add_option("--seed", options->compute.seed, "seed of the vectors that are timed")
      ->option_text("N")
      ->check(CLI::Range(uint64_t{0}, uint64_t{std::numeric_limits<int64_t>::max()}))
      ->capture_default_str();
  add_common_options(*app, options->common);
  app->footer(
      "Measures in one thread; close other programs.\n\n"
      "Example:\n"
      "  aqua analyze breakeven -m models/llama --k-ratios 0.5,0.75\n"
      "  aqua analyze breakeven --heads 32 --kv-heads 8 --head-dim 128");
  return {app, &options->common, [options] { run_analyze_breakeven(*options); }};
}

void run_analyze_breakeven(const AnalyzeBreakevenOptions& options) {
  check_csv(options.common, options.csv);
  ComputeOptions compute = options.compute;
  compute.threads = 1;
  Runtime runtime(options.common, compute);
  report::BreakevenReport report = subject(options, runtime);
  report.cpu = linalg::backend().cpu_model;
  report.provenance = runtime.provenance({});
  runtime.stage("measuring");
  report.result = analysis::measure_breakeven(report.result.options, runtime.execution());
  print_forms(options.common, options.csv,
              {.csv = [&] { return report::breakeven_csv(report); },
               .json = [&] { return report::breakeven_json(report); },
               .text = [&] { return report::breakeven_text(report); }});
}

}  // namespace aqua::tools
