#include "aqua/ops/activation.hpp"

#include "loops.hpp"

namespace aqua::ops {

void silu_times(ConstMatrixView<float> gate, ConstMatrixView<float> up, MatrixView<float> out) {
  const Loops& run = loops();
  for (int64_t r = 0; r < gate.rows(); ++r) {
    run.silu_times(gate.row(r).data(), up.row(r).data(), gate.cols(), out.row(r).data());
  }
}

}  // namespace aqua::ops
