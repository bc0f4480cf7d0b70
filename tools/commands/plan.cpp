#include "commands/plan.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cmath>

#include "aqua/analysis/allocation.hpp"
#include "aqua/analysis/curves.hpp"
#include "aqua/analysis/curves_file.hpp"
#include "aqua/analysis/transfer.hpp"
#include "aqua/core/error.hpp"
#include "aqua/projection/selection.hpp"
#include "aqua/report/plan.hpp"
#include "aqua/store/plan_file.hpp"
#include "common/data_folder.hpp"
#include "common/describe.hpp"
#include "common/fit.hpp"
#include "common/output.hpp"
#include "common/parts.hpp"
#include "common/workload.hpp"

namespace aqua::tools {
namespace {

using analysis::Measure;
using analysis::Selection;

Measure objective_of(const PlanOptions& options) {
  std::string known;
  for (const analysis::MeasureInfo& info : analysis::measures()) {
    if (info.higher_is_better) continue;
    if (info.key == options.objective) return info.measure;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", info.key);
  }
  fail<UsageError>("--objective: \"{}\" is not one of {}", options.objective, known);
}

Selection selection_of(const PlanOptions& options) {
  return options.selection == "static" ? Selection::fixed : Selection::dynamic;
}

/// Query losses at every k come from one sort; other measures compute attention for each k.
bool one_pass(Measure measure) {
  return measure == Measure::query_loss || measure == Measure::query_energy_loss;
}

/// What can be known to be wrong before anything is loaded.
void check(const PlanOptions& options) {
  objective_of(options);
  if (options.basis == "native") {
    fail<UsageError>("--basis: a plan is for a basis that exists before the text that it meets");
  }
  projection::basis_method(options.basis);
  if (options.budget) projection::kept_dimensions(*options.budget, 1);
  if (options.loss_limit && !(*options.loss_limit > 0.0)) {
    fail<UsageError>("--loss-limit: expected a number above 0, found {}", *options.loss_limit);
  }
}

/// Corpora [0, chosen) choose, the others evaluate.
struct Texts {
  std::vector<text::Corpus> corpora;
  std::size_t chosen = 0;
};

/// Cuts the last documents off; contiguous parts, so that kinds of text that follow each other in
/// turns stand in both.
text::Corpus hold_out(text::Corpus& corpus, double share) {
  const auto count = static_cast<double>(corpus.documents.size());
  const auto kept = static_cast<std::ptrdiff_t>(std::max(1.0, std::floor((1.0 - share) * count)));
  if (kept >= std::ssize(corpus.documents)) {
    fail<UsageError>(
        "{}: {} documents cannot be divided into some to choose on and some to evaluate on; name "
        "text for the evaluation with --eval",
        corpus.path.string(), corpus.documents.size());
  }
  text::Corpus rest{.name = corpus.name + "-rest",
                    .path = corpus.path,
                    .sha256 = corpus.sha256,
                    .documents = {corpus.documents.begin() + kept, corpus.documents.end()}};
  corpus.documents.resize(static_cast<std::size_t>(kept));
  return rest;
}

/// Bundled corpora that are not chosen on, when all that are chosen on are bundled.
std::vector<std::string> other_bundled(const std::vector<std::string>& requests) {
  std::vector<std::string> others;
  for (const auto& [name, path] : bundled_corpora()) others.push_back(name);
  for (const std::string& request : requests) {
    if (std::erase(others, request) == 0) return {};
  }
  return others;
}

Texts load_texts(const PlanOptions& options, std::span<const NamedPath> choose,
                 std::span<const NamedPath> evaluate, const CancelToken& cancel) {
  Texts texts;
  for (const NamedPath& corpus : choose) {
    texts.corpora.push_back(text::load_corpus(corpus.name, corpus.path, cancel));
  }
  texts.chosen = texts.corpora.size();
  if (options.evaluation.empty()) {
    for (std::size_t i = 0; i < texts.chosen; ++i) {
      text::Corpus rest = hold_out(texts.corpora[i], options.holdout);
      texts.corpora.push_back(std::move(rest));
    }
  }
  for (const NamedPath& corpus : evaluate) {
    texts.corpora.push_back(text::load_corpus(corpus.name, corpus.path, cancel));
  }
  return texts;
}

int64_t step_of(const PlanOptions& options, int64_t head_dim) {
  const int64_t automatic =
      one_pass(objective_of(options)) || head_dim % 16 != 0 ? 1 : head_dim / 16;
  const int64_t step = options.step > 0 ? options.step : automatic;
  if (head_dim % step != 0) {
    fail<UsageError>("--step: expected a divisor of the head dimension {}, found {}", head_dim,
                     step);
  }
  return step;
}

class Planner {
 public:
  Planner(const PlanOptions& options, const Workload& workload, std::size_t chosen,
          const WorkFolder& folder, Runtime& runtime)
      : options_(options),
        model_(workload.model().facts()),
        chosen_(chosen),
        folder_(folder),
        runtime_(runtime),
        sources_(workload.sources({})),
        step_(step_of(options, model_.heads.head_dim)) {
    for (const auto& source : sources_) facts_.push_back(source->info().corpus);
  }

  report::PlanReport run() {
    calibration_ = calibrate();
    report_.model = model_;
    report_.calibration = options_.calibration;
    report_.chosen_on = chosen_on();
    report_.curves = measure_curves();
    choose();
    report_.bootstrap_replicates = options_.bootstrap;
    for (std::size_t i = chosen_; i < sources_.size(); ++i) {
      report_.evaluations.push_back(evaluate(*sources_[i]));
    }
    report_.provenance = runtime_.provenance(facts_);
    return std::move(report_);
  }

  std::vector<CorpusFacts> chosen_on() const {
    return {facts_.begin(), facts_.begin() + static_cast<std::ptrdiff_t>(chosen_)};
  }

 private:
  store::Calibration calibrate() {
    if (!options_.calibration.empty()) {
      store::Calibration read = store::read_calibration(options_.calibration);
      require_same_model(options_.calibration, read.model, model_);
      return read;
    }
    runtime_.note("no calibration file given: fitting on the text of the choice first");
    std::vector<capture::QkSource*> sources;
    for (std::size_t i = 0; i < chosen_; ++i) sources.push_back(sources_[i].get());
    return fit_together_or_reuse(sources, capture::Site::post_rope, folder_, runtime_);
  }

  std::vector<analysis::NamedBasis> basis() {
    return analysis::make_bases(std::span(&options_.basis, 1), capture::Site::post_rope,
                                sources_.front()->layers(), calibration_, nullptr,
                                options_.compute.seed, runtime_.execution());
  }

  analysis::LossCurves measure_curves() {
    std::vector<analysis::LossCurves> curves;
    for (std::size_t i = 0; i < chosen_; ++i) curves.push_back(curves_or_reuse(*sources_[i]));
    return analysis::mean_of(curves);
  }

  analysis::LossCurves curves_or_reuse(capture::QkSource& source) {
    const std::string& name = source.info().corpus.name;
    std::filesystem::path file;
    if (folder_.keeps()) {
      file = folder_.file(
          "curves-" + name,
          fmt::format("curves {} bases {} {} {} step {} pair queries {} seed {}", describe(source),
                      describe(basis()), options_.objective, options_.selection, step_,
                      options_.pair_queries, options_.compute.seed),
          ".safetensors");
      if (folder_.offers(file, "curves of " + name)) {
        analysis::LossCurves curves{.heads = model_.heads,
                                    .layers = model_.layers,
                                    .measure = objective_of(options_),
                                    .selection = selection_of(options_),
                                    .step = step_,
                                    .values = {}};
        analysis::read_curves(file, curves);
        return curves;
      }
    }
    runtime_.stage("curves");
    analysis::LossCurves curves = curves_of(source);
    if (folder_.keeps()) analysis::write_curves(file, curves);
    return curves;
  }

  analysis::LossCurves curves_of(capture::QkSource& source) {
    const Measure objective = objective_of(options_);
    const Selection selection = selection_of(options_);
    if (one_pass(objective)) {
      analysis::CurveMeter meter(std::move(basis().front()), capture::Site::post_rope, selection);
      pass(source, meter);
      return meter.curves(objective, step_);
    }
    analysis::RetentionMeter meter(
        {.k_ratios = analysis::curve_ratios(model_.heads.head_dim, step_),
         .pair_queries = options_.pair_queries,
         .seed = options_.compute.seed,
         .bootstrap_replicates = 0},
        basis());
    pass(source, meter);
    return analysis::curves_of(meter.result(), objective, selection, step_);
  }

  void choose() {
    const int64_t heads = report_.curves.values.rows();
    const int64_t d = model_.heads.head_dim;
    analysis::AllocationTask task{
        .curves = report_.curves.values, .budget = {}, .limit = options_.loss_limit};
    const std::optional<double> budget =
        options_.loss_limit ? std::nullopt : std::optional(options_.budget.value_or(0.5));
    // What the same k_ratio spends when it is the same for all heads, in units of `step`.
    if (budget) task.budget = heads * projection::kept_dimensions(*budget, d) / step_;
    const analysis::Allocation chosen = analysis::allocate(task);
    report_.uniform_k = step_ * analysis::allocate_uniform(task).levels.front();
    projection::Plan& plan = report_.plan;
    plan = projection::uniform_plan(model_.heads, model_.layers, 1);
    for (int64_t layer = 0; layer < model_.layers; ++layer) {
      for (int64_t g = 0; g < model_.heads.kv_heads; ++g) {
        plan.k[layer][g] = step_ * chosen.levels[report_.curves.row(layer, g)];
      }
    }
    plan.choice = {.basis = options_.basis,
                   .selection = options_.selection,
                   .objective = options_.objective,
                   .method = std::string(chosen.method),
                   .budget = budget,
                   .loss_limit = options_.loss_limit,
                   .loss = chosen.mean};
  }

  report::PlanEvaluation evaluate(capture::QkSource& source) {
    const double d = static_cast<double>(model_.heads.head_dim);
    const analysis::RetentionResult result =
        measure_or_reuse(source, basis(),
                         {.k_ratios = {static_cast<double>(report_.uniform_k) / d},
                          .plans = {{.name = "plan", .plan = report_.plan}},
                          .pair_queries = options_.pair_queries,
                          .seed = options_.compute.seed,
                          .bootstrap_replicates = options_.bootstrap,
                          .keep_replicates = true},
                         folder_, runtime_)
            .all;
    // Settings: uniform static and dynamic, plan static and dynamic.
    const int64_t uniform = selection_of(options_) == Selection::dynamic ? 1 : 0;
    const int64_t planned = uniform + 2;
    report::PlanEvaluation evaluation{.corpus = result.corpus, .documents = result.documents};
    for (const analysis::MeasureInfo& info : analysis::measures()) {
      const analysis::MeasureResult& without = result.results[uniform].at(info.measure);
      const analysis::MeasureResult& with = result.results[planned].at(info.measure);
      if (!std::isfinite(without.model.value)) continue;
      evaluation.rows.push_back({.measure = info.measure,
                                 .uniform = without.model,
                                 .plan = with.model,
                                 .difference = analysis::paired_difference(with, without).model});
    }
    return evaluation;
  }

  void pass(capture::QkSource& source, capture::QkSink& sink) {
    capture::QkSink* const sinks[] = {&sink};
    source.run(sinks, runtime_.execution());
  }

  const PlanOptions& options_;
  const capture::ModelFacts& model_;
  std::size_t chosen_;
  const WorkFolder& folder_;
  Runtime& runtime_;
  std::vector<std::unique_ptr<capture::QkSource>> sources_;
  int64_t step_;
  std::vector<CorpusFacts> facts_;
  store::Calibration calibration_;
  report::PlanReport report_;
};

void add_choice_options(CLI::App& app, PlanOptions& options) {
  CLI::Option* budget = app.add_option("--budget", options.budget,
                                       "mean share of the dimensions to keep: no more than this "
                                       "k/d for all heads would (default: 0.5)");
  budget->option_text("K/D");
  app.add_option(
         "--loss-limit", options.loss_limit,
         "instead of a budget: the mean loss not to exceed, with as few dimensions as can be")
      ->option_text("LOSS")
      ->excludes(budget);
  app.add_option(
         "--objective", options.objective,
         "loss to make small: query_energy_loss, query_loss, or, with one more attention "
         "for every k, output_error, logit_error, kl_divergence, total_variation, key_loss, "
         "key_energy_loss")
      ->option_text("KEY")
      ->capture_default_str();
  app.add_option("--selection", options.selection, "dynamic, or static: the first k dimensions")
      ->option_text("HOW")
      ->check(CLI::IsMember({"dynamic", "static"}))
      ->capture_default_str();
  app.add_option("--basis", options.basis, "basis: aqua, keys, kq-svd, identity, random")
      ->option_text("NAME")
      ->capture_default_str();
  app.add_option("--step", options.step,
                 "k is a multiple of this divisor of d (default: 1 for query losses, d/16 for "
                 "others)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}));
}

}  // namespace

Command setup_plan(CLI::App& parent) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* app = parent.add_subcommand(
      "plan", "Choose how many dimensions each KV head keeps, under a budget or a loss limit");
  app->add_option("calibration", options->calibration,
                  "calibration file; without it the basis is fitted on the text of the choice")
      ->option_text("[CAL]");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en"});
  app->add_option(
         "--eval", options->evaluation,
         "text to compare the plan with uniform k on, NAME=PATH or a bundled corpus; may be "
         "repeated (default: the documents held out, and the other bundled corpora)")
      ->option_text("NAME[=PATH]")
      ->allow_extra_args(false);
  app->add_option("--holdout", options->holdout,
                  "share of each corpus, its last documents, that is kept from the choice for the "
                  "evaluation; without --eval only")
      ->option_text("SHARE")
      ->check(CLI::Range(0.01, 0.99))
      ->capture_default_str();
  add_choice_options(*app, *options);
  add_pair_queries_option(*app, options->pair_queries);
  add_bootstrap_option(*app, options->bootstrap);
  add_resume_option(*app, options->resume, "the fit, the curves and comparison of each text");
  add_output_option(*app, options->output, "plan file to write (default: <model name>.plan.json)");
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "The plan file is for aqua analyze retention --plan and for runtimes.\n\n"
      "Example:\n"
      "  aqua plan llama.aqua.h5 -m models/llama -c en=en.txt --budget 0.4\n"
      "  aqua plan --loss-limit 0.05 --eval hi");
  return {app, &options->common, [options] { run_plan(*options); }};
}

void run_plan(const PlanOptions& options) {
  check(options);
  const std::vector<NamedPath> choose = resolve_corpora(options.input.corpora);
  const std::vector<NamedPath> evaluate = resolve_corpora(
      options.evaluation.empty() ? other_bundled(options.input.corpora) : options.evaluation);
  const std::filesystem::path output = options.output.empty()
                                           ? default_output(options.input.model, ".plan.json")
                                           : std::filesystem::path(options.output);
  require_writable(output);
  Runtime runtime(options.common, options.compute);
  const WorkFolder folder(options.resume, runtime);
  const Texts texts = load_texts(options, choose, evaluate, runtime.execution().cancel);
  const Workload workload(options.input, texts.corpora, runtime);
  Planner planner(options, workload, texts.chosen, folder, runtime);
  report::PlanReport report = planner.run();
  report.file = output.string();
  store::write_plan(output, {.model = report.model,
                             .plan = report.plan,
                             .provenance = runtime.provenance(planner.chosen_on())});
  print_result(options.common.json ? report::plan_json(report) : report::plan_text(report));
}

}  // namespace aqua::tools
