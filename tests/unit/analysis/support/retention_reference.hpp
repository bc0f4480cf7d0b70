// The retention measures straight from their definitions, in double precision, one vector and one
// pair at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {

/// A measure's sum and divisor by document (index in the corpus), for one head, basis, k and
/// selection.
struct ReferenceSums {
  std::vector<double> sum;
  std::vector<double> total;

  /// With each document counted weight times (all once by default).
  double value(Measure measure, const std::vector<double>& weight = {}) const;
};

struct ReferenceRequest {
  const FakeSource& source;
  LayerIndex layer;
  int64_t query_head = 0;
  const projection::Basis& basis;
  int64_t k = 0;
  Selection selection = Selection::fixed;
  /// [sequence] positions of the queries in the pairwise measures.
  const std::vector<std::vector<int64_t>>& pair_queries;
  capture::Site site = capture::Site::post_rope;
};
ReferenceSums reference(const ReferenceRequest& request, Measure measure, int64_t documents);

/// What bounds the rounding errors of a head's single-precision results.
struct Magnitudes {
  double logit = 0.0;      ///< largest ‖q̂‖·‖k̂‖·scale over pairs: bounds every |logit|
  double logit_rms = 0.0;  ///< of the exact logits over the pairs
  double value = 0.0;      ///< largest ‖v‖
  double output_rms = 0.0;  ///< root mean square norm of exact outputs over the queries
};
Magnitudes magnitudes(const ReferenceRequest& request);

}  // namespace aqua::analysis::testing
