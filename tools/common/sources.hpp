// What an analysis runs over: a model with texts, or captured files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aqua/capture/event.hpp"
#include "common/workload.hpp"

namespace aqua::tools {

/// --activations, which excludes -m and -c; call after these have been added.
void add_activations_option(CLI::App& app, std::vector<std::string>& activations);

struct Sources {
  std::optional<Workload> workload;  ///< empty on replay
  std::vector<std::unique_ptr<capture::QkSource>> sources;
};

/// One source per captured file, or, without any, per corpus. `corpora` come from resolve_corpora.
Sources open_sources(const InputOptions& input, std::span<const NamedPath> corpora,
                     std::span<const std::string> activations, Runtime& runtime);

}  // namespace aqua::tools
