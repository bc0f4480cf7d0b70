// Calibrations of one model on several texts, or on shards of one text, become one.
#pragma once

#include <string>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::analysis {

struct NamedCalibration {
  std::string file;  ///< for messages
  store::Calibration calibration;
};

/// The calibration on all texts together: R factors merge exactly, R([R_a; R_b]), and bases follow
/// from them, so that the result differs from one fit of everything by rounding only. Corpora of
/// equal name and digest become one, with their documents and tokens added; the rest of the
/// provenance is `provenance`. UsageError, naming the files, for fewer than two parts, parts with
/// other layers, sites or another rotary layout, and two parts with equal factors (a text counted
/// twice). That all are of one model is the caller's to check.
store::Calibration merge(std::vector<NamedCalibration> parts, Provenance provenance,
                         const Execution& execution);

}  // namespace aqua::analysis
