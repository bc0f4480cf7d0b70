// Which dimensions of a rotated vector are kept.
#pragma once

#include <cstdint>
#include <span>

namespace aqua::projection {

/// k = round-half-up(k_ratio·d) = floor(k_ratio·d + 1/2) in double precision, at least 1.
/// UsageError unless 0 < k_ratio <= 1.
int64_t kept_dimensions(double k_ratio, int64_t head_dim);

/// Dynamic selection: sets mask[i] = 1 for the k entries of x of largest magnitude and 0 for the
/// others; ties go to the lower index. O(d): selects, does not sort. 1 <= k <= d, x finite;
/// `scratch` holds d values and may not overlap x or mask.
void select_largest(std::span<const float> x, int64_t k, std::span<float> mask,
                    std::span<float> scratch);

/// Information retention loss of a vector with squared norm `total` of which `kept` lies in the
/// kept dimensions, in the norm form L = 1 − sqrt(kept/total) and the energy form 1 − kept/total.
/// Both are clamped to [0, 1] against rounding; total > 0.
double norm_loss(double kept, double total);
double energy_loss(double kept, double total);

}  // namespace aqua::projection
