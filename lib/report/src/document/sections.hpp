// Every kind of section: a file in sections/, a declaration here, and a line in section_builders().
#pragma once

#include <span>
#include <vector>

#include "aqua/report/document.hpp"
#include "inputs.hpp"

namespace aqua::report::document {

/// What the section has to say about the inputs; empty when they hold nothing for it.
using BuildSections = std::vector<Section> (*)(const Inputs&);

struct SectionBuilder {
  std::vector<Readable> reads;  ///< schemas, beyond those that other sections read, that it knows
  BuildSections build = nullptr;
};

/// In the order in which they stand in the report.
std::span<const SectionBuilder> section_builders();

std::vector<Section> verdict_section(const Inputs& inputs);
std::vector<Section> subject_section(const Inputs& inputs);
std::vector<Section> retention_section(const Inputs& inputs);
std::vector<Section> heads_section(const Inputs& inputs);
std::vector<Section> spectra_section(const Inputs& inputs);
std::vector<Section> spectrum_section(const Inputs& inputs);
std::vector<Section> transfer_section(const Inputs& inputs);
std::vector<Section> convergence_section(const Inputs& inputs);
std::vector<Section> sensitivity_section(const Inputs& inputs);
std::vector<Section> perplexity_section(const Inputs& inputs);
std::vector<Section> needle_section(const Inputs& inputs);
std::vector<Section> breakeven_section(const Inputs& inputs);
std::vector<Section> plan_section(const Inputs& inputs);
std::vector<Section> provenance_section(const Inputs& inputs);

}  // namespace aqua::report::document
