// Softmax over approximate scores: the same blocks as exact attention, with mapped queries and
// keys.
#include "drivers.hpp"

namespace aqua::attention {
namespace {

class ScoredAttention final : public Attention {
 public:
  explicit ScoredAttention(std::unique_ptr<ScoreModel> scores) : scores_(std::move(scores)) {}

  void run(const AttentionInput& input, MatrixView<float> out) const override {
    const int64_t tokens = input.q.tokens();
    const int64_t group = input.q.heads() / input.k.heads();
    std::vector<float> buffer(static_cast<std::size_t>(std::min(query_block, tokens) * tokens));
    std::vector<float> sums(static_cast<std::size_t>(query_block));
    for (int64_t g = 0; g < input.k.heads(); ++g) {
      const auto head = scores_->prepare(input, g);
      BlockLogits logits(input, *head);
      for_each_block(tokens, input.rule, [&](const Block& block) {
        const MatrixView<float> weights(buffer.data(), block.queries, block.keys);
        for (int64_t h = g * group; h < (g + 1) * group; ++h) {
          logits.compute(block, h, weights);
          exponentiate(input.rule, block, weights, sums);
          finish(input, block, h, weights, sums, output_of(input, block, h, out));
        }
      });
    }
  }

 private:
  std::unique_ptr<ScoreModel> scores_;
};

}  // namespace

std::unique_ptr<Attention> make_scored_attention(std::unique_ptr<ScoreModel> scores) {
  return std::make_unique<ScoredAttention>(std::move(scores));
}

}  // namespace aqua::attention
