#include "logits.hpp"

#include <algorithm>

#include "aqua/core/error.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/ops/softmax.hpp"
#include "weight_reader.hpp"

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
  std::vector<Workspace> workspaces(static_cast<std::size_t>(execution.pool.size()));
  for (Workspace& space : workspaces) {
    space = {Matrix<float>(tokens_per_block, hidden), Matrix<float>(vocabulary_per_tile, hidden),
             Matrix<float>(tokens_per_block, vocabulary)};
  }
  const auto sequences = static_cast<int64_t>(input.offsets.size()) - 1;
  execution.for_each(sequences, [&](int64_t sequence, int worker) {
    Workspace& space = workspaces[static_cast<std::size_t>(worker)];
    const int64_t begin = input.offsets[static_cast<std::size_t>(sequence)];
    const int64_t tokens = input.offsets[static_cast<std::size_t>(sequence) + 1] - begin;
    // One worker takes all blocks of a sequence, in order: consumers may add up by sequence.
    for (int64_t first_token = 0; first_token < tokens; first_token += tokens_per_block) {
      const int64_t rows = std::min(tokens_per_block, tokens - first_token);
      const auto x = input.hidden.rows(begin + first_token, rows);
      ConstMatrixView<float> normalised = x;
      const auto logits = space.logits.view().rows(0, rows);
      if (!input.final_norm.empty()) {
        const auto out = space.normalised.view().rows(0, rows);
        if (!input.final_norm.apply(input.architecture, x, out)) {
          fail<NumericalError>("sequence {}: hidden states after the last layer are not finite",
                               sequence);
        }
        normalised = out;
      }
      for (int64_t first = 0; first < vocabulary; first += vocabulary_per_tile) {
        const int64_t count = std::min(vocabulary_per_tile, vocabulary - first);
        const auto tile = space.tile.view().rows(0, count);
        WeightReader::read_rows(input.output_head, first, tile);
        linalg::gemm(linalg::Op::none, linalg::Op::transpose, 1.0F, normalised, tile, 0.0F,
                     logits.columns(first, count));
      }
      if (const auto cap = input.architecture.logit_softcap) {
        for (int64_t r = 0; r < rows; ++r) ops::soft_cap(logits.row(r), *cap);
      }
      consume(sequence, first_token, logits);
    }
  });
}

}  // namespace aqua::model
