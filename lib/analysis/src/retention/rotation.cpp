#include "retention/rotation.hpp"

#include "aqua/linalg/blas.hpp"

namespace aqua::analysis {

using linalg::Op;

void rotate(const GroupVectors& vectors, int64_t first_counted, const RotationMaps& maps,
            RotatedGroup& out) {
  const int64_t counted = vectors.query.tokens() - first_counted;
  for (int64_t h = 0; h < vectors.group_size(); ++h) {
    linalg::gemm(Op::none, Op::none, 1.0F, vectors.query.head(h).rows(first_counted, counted),
                 maps.query, 0.0F, out.query.view().rows(h * counted, counted));
  }
  linalg::gemm(Op::none, Op::none, 1.0F, vectors.key, maps.key, 0.0F, out.key);
}

}  // namespace aqua::analysis
