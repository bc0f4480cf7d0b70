// The vectors of one KV head's group, as captured and under a basis.
#pragma once

#include <cstdint>

#include "aqua/core/heads.hpp"
#include "aqua/core/matrix.hpp"
#include "aqua/projection/basis.hpp"

namespace aqua::analysis {

/// One KV head and the G query heads that share it, of one event.
struct GroupVectors {
  HeadsView<const float> query;   ///< [T, G, d]
  MatrixView<const float> key;    ///< [T, d]
  MatrixView<const float> value;  ///< [T, d]; empty when the event has none

  int64_t group_size() const { return query.heads(); }
};

/// A basis in the type in which vectors are rotated.
struct RotationMaps {
  Matrix<float> query;  ///< [d, d]
  Matrix<float> key;

  explicit RotationMaps(const projection::Basis& basis)
      : query(Matrix<float>::copy_of(basis.query_map.view())),
        key(Matrix<float>::copy_of(basis.key_map.view())) {}
};

/// The group's vectors under one basis.
struct RotatedGroup {
  Matrix<float> query;  ///< [G·n, d], n counted tokens; row h·n + t
  Matrix<float> key;    ///< [T, d]
};
void rotate(const GroupVectors& vectors, int64_t first_counted, const RotationMaps& maps,
            RotatedGroup& out);

}  // namespace aqua::analysis
