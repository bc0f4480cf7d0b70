#include "aqua/ops/norm.hpp"

#include <cmath>

#include "loops.hpp"

namespace aqua::ops {

bool rms_norm(ConstMatrixView<float> x, std::span<const float> weight, float epsilon,
              MatrixView<float> out) {
  const Loops& run = loops();
  bool finite = true;
  for (int64_t r = 0; r < x.rows(); ++r) {
    const float mean = run.sum_of_squares(x.row(r).data(), x.cols()) / static_cast<float>(x.cols());
    finite = finite && std::isfinite(mean);
    run.scale_by_weight(x.row(r).data(), weight.data(), 1.0F / std::sqrt(mean + epsilon), x.cols(),
                        out.row(r).data());
  }
  return finite;
}

bool layer_norm(ConstMatrixView<float> x, std::span<const float> weight,
                std::span<const float> bias, float epsilon, MatrixView<float> out) {
  const Loops& run = loops();
  const auto width = static_cast<float>(x.cols());
  bool finite = true;
  for (int64_t r = 0; r < x.rows(); ++r) {
    const float mean = run.sum(x.row(r).data(), x.cols()) / width;
    const float variance = run.sum_of_squares_about(x.row(r).data(), mean, x.cols()) / width;
    finite = finite && std::isfinite(variance);
    run.centre_scale_shift(x.row(r).data(), mean, 1.0F / std::sqrt(variance + epsilon),
                           weight.data(), bias.data(), x.cols(), out.row(r).data());
  }
  return finite;
}

}  // namespace aqua::ops
