// Values with intervals, and who was measured, as all analyses write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "provenance_json.hpp"

namespace aqua::report {

/// {"value", "low", "high"}; null where there is none.
Json to_json(const analysis::Estimate& estimate);
/// Its three fields of a CSV line.
std::vector<std::string> csv_estimate(const analysis::Estimate& estimate);

/// "0.1234 [0.1200, 0.1270]", without the interval when there is none; "-" when not defined.
std::string interval_text(const analysis::Estimate& estimate);
/// The same for a difference: "+0.0012 [0.0010, 0.0014]".
std::string signed_interval_text(const analysis::Estimate& estimate);

/// "name (llama, 6 layers, 8 query heads, 4 KV heads, d = 64)".
std::string model_text(const capture::ModelFacts& model);
/// "en (14,100 tokens, 216 documents)".
std::string corpus_text(const CorpusFacts& corpus);

/// A label cut to `width` columns, its end marked.
std::string shortened(std::string_view label, std::size_t width);

/// "95 % percentile bootstrap over documents, 1,000 replicates, seed 0".
std::string bootstrap_text(const analysis::RetentionOptions& options);

}  // namespace aqua::report
