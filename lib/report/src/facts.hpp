// Sections that several summaries share.
#pragma once

#include <span>

#include "aqua/capture/event.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/report/summary.hpp"

namespace aqua::report {

Section model_section(const capture::ModelFacts& model);
Section provenance_section(const Provenance& provenance);
/// The effective options of Provenance::options_json, one fact each.
Section options_section(const Provenance& provenance);
Section corpora_section(std::span<const CorpusFacts> corpora);

}  // namespace aqua::report
