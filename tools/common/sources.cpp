#include "common/sources.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "aqua/store/activations.hpp"
#include "common/layers.hpp"

namespace aqua::tools {

void add_activations_option(CLI::App& app, std::vector<std::string>& activations) {
  app.add_option("--activations", activations,
                 "measure on this captured file instead of running a model; may be repeated")
      ->option_text("FILE")
      ->allow_extra_args(false)
      ->excludes(app.get_option("--model"))
      ->excludes(app.get_option("--corpus"));
}

Sources open_sources(const InputOptions& input, std::span<const NamedPath> corpora,
                     std::span<const std::string> activations, Runtime& runtime) {
  Sources opened;
  if (activations.empty()) {
    opened.workload.emplace(input, corpora, runtime);
    const int64_t layers = opened.workload->model().facts().layers;
    opened.sources = opened.workload->sources(parse_layers(input.layers, layers));
  } else {
    for (const std::string& file : activations) {
      opened.sources.push_back(store::open_activations(file));
    }
  }
  return opened;
}

}  // namespace aqua::tools
