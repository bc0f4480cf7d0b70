// The long steps of an analysis of losses, fitting on texts and measuring on one, each done once:
// what a work folder has is taken from there.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "aqua/analysis/fit.hpp"
#include "aqua/analysis/retention_file.hpp"
#include "aqua/capture/event.hpp"
#include "aqua/store/calibration.hpp"
#include "common/runtime.hpp"
#include "common/work_folder.hpp"

namespace aqua::tools {

/// Fits on the whole of a source.
store::Calibration fit_or_reuse(capture::QkSource& source, capture::Site site,
                                const WorkFolder& folder, Runtime& runtime);

/// Fits on several sources together.
store::Calibration fit_together_or_reuse(std::span<capture::QkSource* const> sources,
                                         capture::Site site, const WorkFolder& folder,
                                         Runtime& runtime);

/// Fits on each part of a source, in one pass; with `cumulative`, on all parts up to each.
std::vector<store::Calibration> fit_parts_or_reuse(capture::QkSource& source, capture::Site site,
                                                   analysis::TokenParts parts, bool cumulative,
                                                   const WorkFolder& folder, Runtime& runtime);

/// The AQUA basis of a calibration under another name.
analysis::NamedBasis aqua_basis(std::string name, const store::Calibration& calibration,
                                capture::Site site, std::span<const LayerIndex> layers,
                                const Execution& execution);

/// One RetentionMeter over all bases.
analysis::MeasuredText measure_or_reuse(capture::QkSource& source,
                                        std::vector<analysis::NamedBasis> bases,
                                        const analysis::RetentionOptions& options,
                                        const WorkFolder& folder, Runtime& runtime);

/// For a measurement, when the bases are needed afterwards, too.
std::vector<analysis::NamedBasis> copies_of(std::span<const analysis::NamedBasis> bases);

}  // namespace aqua::tools
