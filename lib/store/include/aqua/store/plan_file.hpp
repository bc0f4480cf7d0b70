// The plan file: how many dimensions each KV head keeps, in JSON, for other programs and for people
// (docs/formats.md has the keys).
#pragma once

#include <filesystem>

#include "aqua/capture/event.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/projection/plan.hpp"

namespace aqua::store {

struct PlanFile {
  capture::ModelFacts model;
  projection::Plan plan;  ///< plan.heads = model.heads, plan.layers() = model.layers
  Provenance provenance;  ///< corpora: the texts that the plan was chosen on
  bool operator==(const PlanFile&) const = default;
};

/// Writes whole or not at all. FormatError when the plan does not fit the model or its own heads.
void write_plan(const std::filesystem::path& path, const PlanFile& plan);

/// Reads and checks: format and version, one list of k per layer in increasing order and none
/// missing, one k per KV head, 1 <= k <= d. FormatError names file, key, expected and found.
PlanFile read_plan(const std::filesystem::path& path);

/// FormatError, naming `file`, unless the plan was made for `model`: equal layers, head layout and
/// weights (sha256).
void require_model(const std::filesystem::path& file, const PlanFile& plan,
                   const capture::ModelFacts& model);

}  // namespace aqua::store
