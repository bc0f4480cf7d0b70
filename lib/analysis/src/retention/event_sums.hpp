// What one event (one layer, one sequence) contributes to the retention measures.
#pragma once

#include <cstdint>
#include <vector>

#include "aqua/capture/event.hpp"
#include "retention/document_sums.hpp"
#include "retention/rotation.hpp"

namespace aqua::analysis {

/// What is known of a sequence before its events come.
struct SequencePlan {
  int64_t first_counted = 0;
  SequenceDocuments documents;
  std::vector<int64_t> pair_queries;  ///< sampled positions, rising
};

/// What all events of a layer have in common.
struct EventMeasurement {
  HeadLayout heads;
  std::vector<std::vector<int64_t>> kept;       ///< [KV head] k of each k_ratio, then plan
  std::vector<std::vector<RotationMaps>> maps;  ///< [basis][KV head]
  std::vector<bool> orthogonal;                 ///< [basis]
  bool pairwise = true;                         ///< whether dot products are logits at this site
  SumLayout layout;
};

/// NumericalError when a query or key is not finite.
SequenceSums measure_event(const EventMeasurement& measurement, const SequencePlan& plan,
                           const capture::QkEvent& event);

}  // namespace aqua::analysis
