// Transfer results as terminal text, JSON and CSV.
#pragma once

#include <string>

#include "aqua/analysis/transfer.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

struct TransferReport {
  Provenance provenance;
  analysis::TransferResult result;
};

/// For people, 80 columns: sentences that say how large each gap is and whether it is within noise,
/// then the tables; with `per_layer`, also gaps and overlaps by layer.
std::string transfer_text(const TransferReport& report, bool per_layer);

/// Schema "aqua-transfer", one line.
std::string transfer_json(const TransferReport& report);

/// Long format, one number a line, header
///   quantity,measure,selection,k_ratio,k,fit,evaluation,other,level,layer,value,low,high
/// quantity: value T[fit][evaluation]; gap to the native row; difference T[fit][evaluation] −
/// T[fit][other] over aligned documents; overlap and mean_angle (radians) of the subspaces of fit
/// and other. level: model or layer; for values and overlaps also worst.
std::string transfer_csv(const TransferReport& report);

/// "within noise", "higher, beyond noise", …
std::string_view finding_text(analysis::Finding finding);
/// As in JSON: "within_noise", "higher", "lower"; "no_interval".
std::string_view finding_key(analysis::Finding finding);

}  // namespace aqua::report
