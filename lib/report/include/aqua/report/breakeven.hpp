// Break-even as terminal text, JSON and CSV.
#pragma once

#include <string>

#include "aqua/analysis/breakeven.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

struct BreakevenReport {
  Provenance provenance;
  std::string model;  ///< name, or empty: a head layout was given
  int64_t hidden_size = 0;
  std::string cpu;
  analysis::BreakevenResult result;
};

/// At most 80 columns.
std::string breakeven_text(const BreakevenReport& report);
/// Schema "aqua-breakeven", one line.
std::string breakeven_json(const BreakevenReport& report);
/// Header length,attention,k_ratio,s_ratio,median_seconds,low_seconds,high_seconds,bytes,
/// bandwidth_share with attention standard-tokens, standard-blocks or aqua.
std::string breakeven_csv(const BreakevenReport& report);

}  // namespace aqua::report
