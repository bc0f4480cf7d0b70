// Fitting bases and making sure that a calibration belongs to the model at hand.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/projection/r_factor.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::tools {

/// Statistics [KV head] by (layer, site), as analysis::FitSink gives them.
using Statistics = std::map<store::SiteKey, std::vector<projection::HeadStatistics>>;

/// One pass of a fit over each source; several sources are stacked.
Statistics fit(std::span<capture::QkSource* const> sources, const std::set<capture::Site>& sites,
               const Execution& execution);

/// A calibration in memory, from statistics.
store::Calibration make_calibration(const capture::ModelFacts& model, Provenance provenance,
                                    Statistics statistics, const Execution& execution);

/// FormatError, naming `file`, unless the calibration was made from the model that `measured`
/// describes: equal weights (sha256) and head layout.
void require_same_model(const std::filesystem::path& file, const capture::ModelFacts& fitted,
                        const capture::ModelFacts& measured);

}  // namespace aqua::tools
