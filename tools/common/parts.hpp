// The two long steps of an analysis, fitting on a text and measuring on one, each done once: what a
// work folder has is taken from there.
#pragma once

#include <string>
#include <vector>

#include "aqua/analysis/fit.hpp"
#include "aqua/analysis/retention_file.hpp"
#include "aqua/capture/event.hpp"
#include "aqua/store/calibration.hpp"
#include "common/runtime.hpp"
#include "common/work_folder.hpp"

namespace aqua::tools {

/// A basis under test and a text that says all on which it depends.
struct KeyedBasis {
  analysis::NamedBasis basis;
  std::string key;
};

/// Everything on which a pass over this source depends: tool version, model, text, windows, layers.
std::string describe(const capture::QkSource& source);

/// Fits on the whole of a source.
store::Calibration fit_or_reuse(capture::QkSource& source, capture::Site site,
                                const WorkFolder& folder, Runtime& runtime);

/// Fits on each part of a source, in one pass; with `cumulative`, on all parts up to each.
std::vector<store::Calibration> fit_parts_or_reuse(capture::QkSource& source, capture::Site site,
                                                   analysis::TokenParts parts, bool cumulative,
                                                   const WorkFolder& folder, Runtime& runtime);

/// The AQUA basis of a calibration under another name; its key is that of the statistics.
KeyedBasis keyed_basis(std::string name, const store::Calibration& calibration, capture::Site site,
                       std::span<const LayerIndex> layers, const Execution& execution);

/// One RetentionMeter over all bases.
analysis::MeasuredText measure_or_reuse(capture::QkSource& source,
                                        std::span<const KeyedBasis> bases,
                                        const analysis::RetentionOptions& options,
                                        const WorkFolder& folder, Runtime& runtime);

}  // namespace aqua::tools
