// How the loss runs through the layers, as curves of one line.
#pragma once

#include <string>
#include <string_view>

#include "aqua/report/retention.hpp"

namespace aqua::report {

/// One line per corpus: the dynamic query loss of every layer with `basis` at `k_ratio`, all on one
/// scale. More than 48 layers share blocks, which then show means. Empty with fewer than 3 layers.
std::string layer_profiles(const RetentionReport& report, std::string_view basis, double k_ratio);

}  // namespace aqua::report
