#include "commands/capture.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <filesystem>

#include "aqua/core/error.hpp"
#include "aqua/report/describe.hpp"
#include "aqua/store/activations.hpp"
#include "common/layers.hpp"
#include "common/output.hpp"
#include "common/workload.hpp"

namespace aqua::tools {

Command setup_capture(CLI::App& parent) {
  auto options = std::make_shared<CaptureOptions>();
  CLI::App* app = parent.add_subcommand(
      "capture",
      "Keep the queries, keys and values of one corpus in a file, to replay or to study");
  add_model_option(*app, options->input);
  add_corpus_options(*app, options->input, {"en"});
  add_output_option(*app, options->output,
                    "activations file to write (default: <model name>.<corpus>.activations.h5)");
  add_site_option(*app, options->site, /*allow_both=*/true);
  app->add_flag(
      "--no-values", options->no_values,
      "leave out the value vectors: a smaller file for other programs, which analyze retention "
      "cannot replay");
  add_layers_option(*app, options->input);
  add_compute_options(*app, options->compute);
  add_common_options(*app, options->common);
  app->footer(
      "The file holds 4·(H + 2·H_kv)·d bytes for each token and layer; --layers and\n"
      "--max-tokens keep it small.\n\n"
      "Example:\n"
      "  aqua capture -c hi --layers 0,5 -o hindi.activations.h5\n"
      "  aqua analyze retention --activations hindi.activations.h5");
  return {app, &options->common, [options] { run_capture(*options); }};
}

void run_capture(const CaptureOptions& options) {
  const std::vector<NamedPath> corpora = resolve_corpora(options.input.corpora);
  if (corpora.size() != 1) {
    fail<UsageError>(
        "--corpus: a captured file holds one corpus, found {}; run aqua capture for each",
        corpora.size());
  }
  const std::filesystem::path output =
      options.output.empty()
          ? default_output(options.input.model, "." + corpora.front().name + ".activations.h5")
          : std::filesystem::path(options.output);
  require_writable(output);
  Runtime runtime(options.common, options.compute);

  const Workload workload(options.input, corpora, runtime, output.parent_path());
  const auto layers = parse_layers(options.input.layers, workload.model().facts().layers);
  const auto sources = workload.sources(layers);
  const Provenance provenance = runtime.provenance(workload.corpus_facts());
  const auto writer = store::make_activations_writer(
      output, provenance, {.sites = sites_of(options.site), .values = !options.no_values});

  runtime.stage("capturing");
  capture::QkSink* const sinks[] = {writer.get()};
  sources.front()->run(sinks, runtime.execution());
  writer->commit();

  report::Summary result = report::describe_activations(output, *sources.front(), provenance);
  result.schema = "aqua-capture";
  result.title = fmt::format("Captured {}", workload.model().facts().name);
  for (report::Section& section : result.sections) section.in_text = section.key == "content";
  result.sections.insert(
      result.sections.begin(),
      {.key = "output",
       .title = "",
       .facts = {{"file", "activations file", output.string()},
                 {"bytes", "size", static_cast<int64_t>(std::filesystem::file_size(output)),
                  report::Style::bytes}}});
  result.next = {{"measure on the captured vectors",
                  fmt::format("aqua analyze retention --activations {}", output.string())}};
  print_result(options.common.json ? to_json(result) : to_text(result));
}

}  // namespace aqua::tools
