#include "commands/verify.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>
#include <functional>
#include <optional>

#include "aqua/analysis/verify.hpp"
#include "aqua/core/error.hpp"
#include "aqua/export/export.hpp"
#include "aqua/model/model.hpp"
#include "aqua/report/summary.hpp"
#include "aqua/store/activations.hpp"
#include "aqua/store/calibration.hpp"
#include "aqua/store/plan_file.hpp"
#include "common/file_kinds.hpp"
#include "common/inputs.hpp"
#include "common/interrupt.hpp"
#include "common/output.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;
using analysis::Check;
using analysis::Verdict;

/// What was found in the file, and of which model it says that it is.
struct Examination {
  std::vector<Check> checks;
  capture::ModelFacts model;
};

/// A kind of file: how one is recognised and examined. `examine` throws a FormatError when the
/// file's structure does not hold.
struct Kind {
  const char* name;
  std::function<bool(const fs::path&)> matches;
  std::function<Examination(const fs::path&)> examine;
};

Examination examine_calibration(const fs::path& path) {
  const store::Calibration calibration = store::read_calibration(path, store::Trust::believe);
  return {analysis::verify_calibration(calibration, interrupt_token()), calibration.model};
}

/// Wants every vector of a captured file, which checks numbers as it reads them.
class ReadEverything final : public capture::QkSink {
 public:
  explicit ReadEverything(std::set<capture::Site> sites) : sites_(std::move(sites)) {}
  std::set<capture::Site> sites() const override { return sites_; }
  void consume(const capture::QkEvent&) override {}

 private:
  std::set<capture::Site> sites_;
};

Examination examine_activations(const fs::path& path) {
  const auto source = store::open_activations(path);
  ThreadPool pool(1);
  NoProgress progress;
  int sites = 0;
  for (const capture::Site site : {capture::Site::pre_rope, capture::Site::post_rope}) {
    ReadEverything sink({site});
    capture::QkSink* const sinks[] = {&sink};
    try {
      source->run(sinks, {pool, progress, interrupt_token()});
      ++sites;
    } catch (const UsageError&) {
      // The file does not hold that site.
    }
  }
  return {{{.name = "finite",
            .verdict = Verdict::holds,
            .found = fmt::format("all vectors of {} site{}", sites, sites == 1 ? "" : "s"),
            .expected = "finite numbers",
            .sentence = {}}},
          source->info().model};
}

Examination examine_plan(const fs::path& path) { return {{}, store::read_plan(path).model}; }

Examination examine_projection(const fs::path& path) {
  const store::ProjectionFile file = exporter::format_of(path)->read(path);
  return {analysis::verify_projection(file), analysis::model_of(file)};
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"calibration", &store::is_calibration, &examine_calibration},
      {"activations", &store::is_activations, &examine_activations},
      {"projections", [](const fs::path& path) { return exporter::format_of(path) != nullptr; },
       &examine_projection},
      {"plan", &is_json_object, &examine_plan}};
  return all;
}

const Kind& kind_of(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) {
    fail<FormatError>("{}: there is no such file", path.string());
  }
  for (const Kind& kind : kinds()) {
    if (kind.matches(path)) return kind;
  }
  fail<FormatError>(
      "{}: expected a calibration, activations, projections or a plan, found something else",
      path.string());
}

report::Section section_of(const std::vector<Check>& checks) {
  report::Section section{.key = "checks",
                          .title = "Checks",
                          .columns = {{"check", "check", report::Align::left},
                                      {"verdict", "verdict", report::Align::left},
                                      {"found", "found", report::Align::left},
                                      {"expected", "expected", report::Align::left},
                                      {.key = "sentence", .label = "", .in_text = false}}};
  const auto shortened = [](const std::string& text) {
    constexpr std::size_t width = 24;
    const bool digest = text.size() == 64 && text.find(' ') == std::string::npos;
    return digest ? text.substr(0, width - 3) + "..." : text;
  };
  for (const Check& check : checks) {
    section.rows.push_back({check.name, std::string(analysis::name(check.verdict)),
                            shortened(check.found), shortened(check.expected), check.sentence});
  }
  return section;
}

}  // namespace

Command setup_verify(CLI::App& parent) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* app = parent.add_subcommand(
      "verify", "Check a calibration, activations, projection or plan file, whoever wrote it");
  app->add_option("file", options->file,
                  "calibration, activations, plan, or projections in any format of aqua export")
      ->option_text("FILE")
      ->required();
  app->add_option("-m,--model", options->model,
                  "compare with this model: a Hugging Face folder, a GGUF file, or the name of a "
                  "bundled model")
      ->option_text("MODEL");
  add_common_options(*app, options->common);
  app->footer(
      "Exit status 4, with a sentence for each check that does not hold.\n\n"
      "Example:\n"
      "  aqua verify llama.proj.safetensors -m models/llama");
  return {app, &options->common, [options] { run_verify(*options); }};
}

void run_verify(const VerifyOptions& options) {
  const fs::path path = options.file;
  const Kind& kind = kind_of(path);
  std::vector<Check> checks{{.name = "structure",
                             .verdict = Verdict::holds,
                             .found = "as documented",
                             .expected = "docs/formats.md",
                             .sentence = {}}};
  std::optional<capture::ModelFacts> claimed;
  try {
    Examination examination = kind.examine(path);
    claimed = std::move(examination.model);
    for (Check& check : examination.checks) checks.push_back(std::move(check));
  } catch (const FormatError& error) {
    // The readers' messages start with the file's name, which the sentences below add.
    std::string sentence = error.what();
    const std::string start = path.string() + ": ";
    if (sentence.starts_with(start)) sentence.erase(0, start.size());
    checks.front().verdict = Verdict::fails;
    checks.front().found = "otherwise";
    checks.front().sentence = std::move(sentence);
  }
  if (!options.model.empty() && claimed) {
    const auto model =
        model::load_model(resolve_model(options.model), /*digest=*/true, interrupt_token());
    for (Check& check : analysis::verify_model(model->facts(), *claimed)) {
      checks.push_back(std::move(check));
    }
  }

  std::string sentences;
  int64_t failed = 0;
  for (const Check& check : checks) {
    if (check.verdict != Verdict::fails) continue;
    ++failed;
    sentences +=
        fmt::format("{}{}: {}", sentences.empty() ? "" : "\naqua: ", path.string(), check.sentence);
  }
  const report::Summary result{
      .schema = "aqua-verify",
      .title = fmt::format("{}: {}", report::printable(path.string()), kind.name),
      .sections = {{.key = "file",
                    .title = "",
                    .facts = {{"path", "file", path.string()},
                              {"kind", "kind", std::string(kind.name)},
                              {"failed", "checks that do not hold", failed}},
                    .in_text = false},
                   section_of(checks)}};
  print_result(options.common.json ? to_json(result) : to_text(result));
  if (failed > 0) throw CheckError(sentences);
}

}  // namespace aqua::tools
