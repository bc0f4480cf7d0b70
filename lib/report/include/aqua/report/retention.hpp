// Retention results as terminal text, JSON and CSV.
#pragma once

#include <string>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::report {

/// One run: the bases were fitted on `fitted_on` and measured on each of `corpora`.
struct RetentionReport {
  Provenance provenance;
  std::string calibration;  ///< file, or empty when it was fitted in the same run
  std::vector<CorpusFacts> fitted_on;
  std::vector<analysis::RetentionResult> corpora;  ///< one per corpus, equal settings
};

/// For people, 80 columns: the summary first, then the tables of every corpus, then what each
/// number means.
std::string retention_text(const RetentionReport& report);

/// One table layer × query head per corpus, basis, k_ratio and selection.
std::string retention_heads_text(const RetentionReport& report, analysis::Measure measure);

/// Schema "aqua-retention": every number with its definition, model, layer and head level. What is
/// not defined is null. One line.
std::string retention_json(const RetentionReport& report);

/// Long format, one number a line, header
///   corpus,basis,k_ratio,k,selection,measure,level,layer,head,value,low,high
/// with k a number or the name of a plan; level model, layer, head or worst; fields that do not
/// apply, and values that are not defined, are empty. Layers and heads count from 0.
std::string retention_csv(const RetentionReport& report);

}  // namespace aqua::report
