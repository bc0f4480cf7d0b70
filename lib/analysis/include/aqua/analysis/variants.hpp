// Attention variants for a model, with bases from a calibration.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "aqua/attention/variants.hpp"
#include "aqua/projection/plan.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::analysis {

/// Whether any of them needs a calibration.
bool need_calibration(std::span<const attention::VariantSpec> specs);

/// The attention of each spec, for the model that `calibration` describes; its post_rope statistics
/// give the bases. `plans`: by the text of a spec's `plan`. UsageError, naming the spec or what the
/// calibration lacks.
std::vector<std::unique_ptr<attention::Attention>> make_attentions(
    std::span<const attention::VariantSpec> specs, const store::Calibration& calibration,
    const std::map<std::string, projection::Plan>& plans, const Execution& execution);

}  // namespace aqua::analysis
