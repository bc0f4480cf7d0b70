#include "logits.hpp"

#include <algorithm>

#include "aqua/core/error.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/ops/softmax.hpp"

namespace aqua::model {
namespace {

constexpr int64_t rows_per_block = 256;        // × vocabulary floats of logits
constexpr int64_t least_tokens = 16;           // of a block, however many attentions
constexpr int64_t vocabulary_per_tile = 1024;  // × hidden floats of converted weights

struct LogitsWorkspace {
  Matrix<float> normalised;
  Matrix<float> tile;
  Matrix<float> logits;
};

}  // namespace

void compute_logits(const LogitsInput& input, const LogitsConsumer& consume,
                    const Execution& execution) {
  const int64_t hidden = input.hidden.cols();
  const formats::Tensor& output_head = input.weights.output_head();  // [vocabulary, hidden]
  const int64_t vocabulary = output_head.shape[0];
  const int64_t tokens_per_block = std::max(least_tokens, rows_per_block / input.attentions);
  const int64_t block_rows = tokens_per_block * input.attentions;
  std::vector<LogitsWorkspace> workspaces(static_cast<std::size_t>(execution.pool.size()));
  for (LogitsWorkspace& space : workspaces) {
    space = {Matrix<float>(block_rows, hidden), Matrix<float>(vocabulary_per_tile, hidden),
             Matrix<float>(block_rows, vocabulary)};
  }
  const int64_t sequences = (std::ssize(input.offsets) - 1) / input.attentions;
  execution.for_each(sequences, [&](int64_t sequence, int worker) {
    LogitsWorkspace& space = workspaces[static_cast<std::size_t>(worker)];
    const auto offset = [&](int64_t attention) {
      return input.offsets[static_cast<std::size_t>(attention * sequences + sequence)];
    };
    const int64_t tokens = input.offsets[static_cast<std::size_t>(sequence) + 1] - offset(0);
    // One worker takes all blocks of a sequence, in order: consumers may add up by sequence.
    for (int64_t first_token = 0; first_token < tokens; first_token += tokens_per_block) {
      const int64_t count = std::min(tokens_per_block, tokens - first_token);
      const int64_t rows = count * input.attentions;
      const auto normalised = space.normalised.view().rows(0, rows);
      const auto logits = space.logits.view().rows(0, rows);
      std::vector<ConstMatrixView<float>> by_attention;
      for (int64_t a = 0; a < input.attentions; ++a) {
        const auto x = input.hidden.rows(offset(a) + first_token, count);
        const auto out = normalised.rows(a * count, count);
        if (input.final_norm.empty()) {
          for (int64_t r = 0; r < count; ++r) std::ranges::copy(x.row(r), out.row(r).begin());
        } else if (!input.final_norm.apply(input.architecture, x, out)) {
          fail<NumericalError>("sequence {}: hidden states after the last layer are not finite",
                               sequence);
        }
        by_attention.push_back(logits.rows(a * count, count));
      }
      for (int64_t first = 0; first < vocabulary; first += vocabulary_per_tile) {
        const int64_t columns = std::min(vocabulary_per_tile, vocabulary - first);
        const auto tile = space.tile.view().rows(0, columns);
        WeightReader::read_rows(output_head, first, tile);
        input.weights.release_rows(output_head, first, columns);
        // One product each: results do not depend on which attentions run beside.
        for (int64_t a = 0; a < input.attentions; ++a) {
          linalg::gemm(linalg::Op::none, linalg::Op::transpose, 1.0F,
                       normalised.rows(a * count, count), tile, 0.0F,
                       logits.rows(a * count, count).columns(first, columns));
        }
      }
      if (const auto cap = input.architecture.logit_softcap) {
        for (int64_t r = 0; r < rows; ++r) ops::soft_cap(logits.row(r), *cap);
      }
      consume({sequence, first_token, by_attention});
      execution.progress.advance(rows);
    }
  });
}

}  // namespace aqua::model
