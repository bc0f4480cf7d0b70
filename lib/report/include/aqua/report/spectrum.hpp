// Spectra as terminal text, JSON and CSV.
#pragma once

#include <string>

#include "aqua/analysis/spectrum.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

struct SpectrumReport {
  Provenance provenance;
  std::string calibration;  ///< file, or empty when it was fitted in the same run
  analysis::SpectrumResult result;
};

/// For people, 80 columns: per site a table of layers, means over KV heads, with a curve of the
/// cumulative energy; with `per_head`, also tables layer × KV head.
std::string spectrum_text(const SpectrumReport& report, bool per_head);

/// Schema "aqua-spectrum", one line.
std::string spectrum_json(const SpectrumReport& report);

/// Long format, one number a line, header layer,site,kv_head,factor,quantity,index,value with
/// quantity singular_value and cumulative_energy (index: direction, from 0), effective_rank,
/// participation_ratio, and rank (index: the share of the energy).
std::string spectrum_csv(const SpectrumReport& report);

}  // namespace aqua::report
