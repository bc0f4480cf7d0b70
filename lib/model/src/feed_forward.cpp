#include <algorithm>
#include <array>

#include "layer_weights.hpp"

namespace aqua::model {

void FeedForwardWeights::activate(ops::Activation f, ConstMatrixView<float> x,
                                  MatrixView<float> inner) const {
  using Block = linalg::ProductEngine::Block;
  const auto part_of_inner = [&](const Block& block) {
    const MatrixView<float>& y = block.y.front();
    return inner.rows(block.first_row, y.rows()).columns(block.first_column, y.cols());
  };
  if (gate.weight.cols() == 0) {
    up.products->multiply_blocks(x, std::array{&up.weight}, [&](const Block& block) {
      const MatrixView<float>& y = block.y.front();
      up.add_bias(block.first_column, y);
      ops::activate(f, y);
      const auto out = part_of_inner(block);
      for (int64_t r = 0; r < y.rows(); ++r) std::ranges::copy(y.row(r), out.row(r).begin());
    });
    return;
  }
  up.products->multiply_blocks(x, std::array{&gate.weight, &up.weight}, [&](const Block& block) {
    gate.add_bias(block.first_column, block.y[0]);
    up.add_bias(block.first_column, block.y[1]);
    ops::activate_times(f, block.y[0], block.y[1], part_of_inner(block));
  });
}

}  // namespace aqua::model
