// Needles in haystacks as terminal text, JSON and CSV.
#pragma once

#include <string>
#include <vector>

#include "aqua/analysis/needle.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

struct NeedleReport {
  Provenance provenance;
  capture::ModelFacts model;
  std::string needles_file;
  std::string calibration;  ///< file; empty: none, or fitted in the same run
  std::vector<CorpusFacts> fitted_on;
  std::vector<analysis::NeedleResult> corpora;
  bool with_tokens = false;  ///< JSON holds every haystack's token ids
};

/// At most 80 columns.
std::string needle_text(const NeedleReport& report);
/// Schema "aqua-needle", one line.
std::string needle_json(const NeedleReport& report);
/// Header corpus,length,depth,attention,measure,value,low,high with measure loss, loss_change,
/// mass, copied, rank, hit_rate or best_rank.
std::string needle_csv(const NeedleReport& report);

}  // namespace aqua::report
