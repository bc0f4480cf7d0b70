#include "aqua/ops/activation.hpp"

#include "loops.hpp"

namespace aqua::ops {

void activate(Activation f, MatrixView<float> x) {
  const auto run = loops().activate[static_cast<std::size_t>(f)];
  for (int64_t r = 0; r < x.rows(); ++r) run(x.row(r).data(), x.cols());
}

void activate_times(Activation f, ConstMatrixView<float> gate, ConstMatrixView<float> up,
                    MatrixView<float> out) {
  const auto run = loops().activate_times[static_cast<std::size_t>(f)];
  for (int64_t r = 0; r < gate.rows(); ++r) {
    run(gate.row(r).data(), up.row(r).data(), gate.cols(), out.row(r).data());
  }
}

}  // namespace aqua::ops
