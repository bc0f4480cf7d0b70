// Percentile bootstrap over documents.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/matrix.hpp"

namespace aqua::analysis {

/// How often each document is drawn in each replicate, [replicates, documents]; every row sums to
/// `documents`. Replicate b draws from the stream (seed, bootstrap, b), so that measures, heads and
/// layers are resampled together.
Matrix<double> bootstrap_weights(int64_t replicates, int64_t documents, uint64_t seed);

/// The p-quantile of rising values by linear interpolation between order statistics (type 7 of
/// Hyndman and Fan 1996, the default of R and numpy); at least one value.
double quantile(std::span<const double> rising, double p);

struct Interval {
  double low = 0.0;
  double high = 0.0;
};
/// The 2.5 % and 97.5 % quantiles of the replicates that are defined (not NaN); absent with fewer
/// than two. Reorders `replicates`.
std::optional<Interval> percentile_interval(std::span<double> replicates);

/// A value with that interval; without one when the value is not defined. Reorders `replicates`.
Estimate with_interval(double value, std::span<double> replicates);

}  // namespace aqua::analysis
