// Retention losses of single vectors: queries under both selections, keys under the static slice.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/core/matrix.hpp"
#include "retention/document_sums.hpp"

namespace aqua::analysis {

/// Rotated vectors of counted tokens.
struct CountedVectors {
  ConstMatrixView<float> rotated;      ///< [n,d]
  std::span<const uint8_t> nonzero;    ///< [n], 0: skipped
  std::span<const int64_t> documents;  ///< [n], SequenceDocuments::local
};

/// Puts norm and energy losses into a sequence's sums. `first_setting` is the basis's first
/// setting.
class VectorLosses {
 public:
  /// `kept`: k of each k_ratio.
  VectorLosses(std::span<const int64_t> kept, int64_t head_dim, const SumLayout& layout);

  void record_queries(const CountedVectors& queries, int64_t first_setting, int64_t query_head,
                      MatrixView<double> sums) const;
  /// Every query head of the group reports the key's loss as its own.
  void record_keys(const CountedVectors& keys, int64_t first_setting, int64_t first_query_head,
                   int64_t group_size, MatrixView<double> sums) const;

 private:
  struct Losses {
    Matrix<double> norm;  // [document, k_ratio]
    Matrix<double> energy;
  };
  Losses losses(const CountedVectors& vectors, Selection selection, int64_t document_count) const;

  SumLayout layout_;
  std::vector<int64_t> kept_;  // and last d, for the whole energy
};

}  // namespace aqua::analysis
