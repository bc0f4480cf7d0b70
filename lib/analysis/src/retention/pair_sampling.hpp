// Which queries enter the pairwise measures.
#pragma once

#include <cstdint>
#include <vector>

#include "aqua/core/sequence.hpp"

namespace aqua::analysis {

/// The rule stated at RetentionOptions::pair_queries: increasing positions in `sequence`.
std::vector<int64_t> sample_queries(const SequenceInfo& sequence, int64_t sequence_index,
                                    int64_t pair_queries, uint64_t seed);

}  // namespace aqua::analysis
