#include "logits.hpp"

#include <algorithm>

#include "aqua/core/error.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/ops/norm.hpp"
#include "layer_weights.hpp"

namespace aqua::model {
namespace {

constexpr int64_t tokens_per_block = 256;      // × vocabulary floats of logits
constexpr int64_t vocabulary_per_tile = 1024;  // × hidden floats of converted weights

struct Workspace {
  Matrix<float> normalised;
  Matrix<float> tile;
  Matrix<float> logits;
};

}  // namespace

void compute_logits(const LogitsInput& input, const LogitsConsumer& consume,
                    const Execution& execution) {
  const int64_t hidden = input.hidden.cols();
  const int64_t vocabulary = input.output_head.shape[0];
  struct Block {
    int64_t sequence, first, count;
  };
  std::vector<Block> blocks;
  for (std::size_t s = 0; s + 1 < input.offsets.size(); ++s) {
    const int64_t tokens = input.offsets[s + 1] - input.offsets[s];
    for (int64_t first = 0; first < tokens; first += tokens_per_block) {
      blocks.push_back(
          {static_cast<int64_t>(s), first, std::min(tokens_per_block, tokens - first)});
    }
  }
  std::vector<Workspace> workspaces(static_cast<std::size_t>(execution.pool.size()));
  for (Workspace& space : workspaces) {
    space = {Matrix<float>(tokens_per_block, hidden), Matrix<float>(vocabulary_per_tile, hidden),
             Matrix<float>(tokens_per_block, vocabulary)};
  }
  execution.for_each(static_cast<int64_t>(blocks.size()), [&](int64_t i, int worker) {
    const Block& block = blocks[static_cast<std::size_t>(i)];
    Workspace& space = workspaces[static_cast<std::size_t>(worker)];
    const auto x = input.hidden.rows(
        input.offsets[static_cast<std::size_t>(block.sequence)] + block.first, block.count);
    const auto normalised = space.normalised.view().rows(0, block.count);
    const auto logits = space.logits.view().rows(0, block.count);
    if (!ops::rms_norm(x, input.final_norm, input.norm_epsilon, normalised)) {
      fail<NumericalError>("sequence {}: hidden states after the last layer are not finite",
                           block.sequence);
    }
    for (int64_t first = 0; first < vocabulary; first += vocabulary_per_tile) {
      const int64_t count = std::min(vocabulary_per_tile, vocabulary - first);
      const auto tile = space.tile.view().rows(0, count);
      WeightReader::read_rows(input.output_head, first, tile);
      linalg::gemm(linalg::Op::none, linalg::Op::transpose, 1.0F, normalised, tile, 0.0F,
                   logits.columns(first, count));
    }
    consume(block.sequence, block.first, logits);
  });
}

}  // namespace aqua::model
