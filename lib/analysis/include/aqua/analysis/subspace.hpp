// How far apart the leading subspaces of two bases are.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/matrix.hpp"

namespace aqua::analysis {

/// Of the spans of the first k columns of two matrices with orthonormal columns.
struct SubspaceDistance {
  /// ‖A_kᵀB_k‖²_F/k = mean of cos²θ: 1 when the spans are equal, 0 when orthogonal; k/d on average
  /// over Haar-distributed spans.
  double overlap = 0.0;
  std::vector<double> angles;  ///< [k] principal angles θ, rising, in radians, 0 … π/2
};

/// a and b [d, at least k]. Angles are accurate to a few eps also where cosines are near 1: there
/// they come from the sines, the singular values of (I − A_kA_kᵀ)B_k (Björck and Golub 1973).
SubspaceDistance subspace_distance(ConstMatrixView<double> a, ConstMatrixView<double> b, int64_t k);

/// Overlaps alone, at each of `kept`, from one product: ‖A_kᵀB_k‖²_F is the sum of squares of the
/// leading k × k block of AᵀB.
std::vector<double> subspace_overlaps(ConstMatrixView<double> a, ConstMatrixView<double> b,
                                      std::span<const int64_t> kept);

/// Over the KV heads of one layer, or of all.
struct SubspaceSummary {
  double overlap = 0.0;        ///< mean over heads
  double mean_angle = 0.0;     ///< radians, mean over heads and angles
  double worst_overlap = 0.0;  ///< the least of any head
  double largest_angle = 0.0;  ///< of that head
  LayerIndex worst_layer;
  int64_t worst_head = 0;  ///< KV head
};
struct SubspaceComparison {
  int64_t k = 0;
  SubspaceSummary model;
  std::vector<SubspaceSummary> layers;  ///< [layer]
};

/// Query maps of two orthogonal bases over `layers`, which both must hold, at each k.
std::vector<SubspaceComparison> compare_subspaces(const NamedBasis& a, const NamedBasis& b,
                                                  std::span<const LayerIndex> layers,
                                                  std::span<const int64_t> kept,
                                                  const Execution& execution);

/// SubspaceSummary::overlap of the whole model alone, [k]: much cheaper.
std::vector<double> mean_overlaps(const NamedBasis& a, const NamedBasis& b,
                                  std::span<const LayerIndex> layers,
                                  std::span<const int64_t> kept);

}  // namespace aqua::analysis
