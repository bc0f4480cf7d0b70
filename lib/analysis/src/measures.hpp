// Facts about the measures that only the meter needs.
#pragma once

#include "aqua/analysis/retention.hpp"

namespace aqua::analysis {

inline constexpr int64_t measure_count = 9;

/// Whether the measure runs over (query, key) pairs under this selection: all pairwise measures,
/// but the key losses only where each query chooses its own set.
bool over_pairs(const MeasureInfo& info, Selection selection);

/// What decides whether a measure is defined.
struct MeasuredData {
  capture::Site site = capture::Site::post_rope;
  bool orthogonal = true;  ///< the basis
  bool has_values = true;  ///< the events carried v
};
bool is_defined(const MeasureInfo& info, Selection selection, const MeasuredData& data);

}  // namespace aqua::analysis
