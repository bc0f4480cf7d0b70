// H2O's cache, one query after the other (the policy is told in variants/h2o.cpp). Scores of a
// block of queries come from one matrix product, also for keys that are gone by then; each query
// picks those still in the cache, and the products with V are one matrix product again, with weight
// zero for what is gone.
#include <numeric>

#include "aqua/ops/softmax.hpp"
#include "drivers.hpp"

namespace aqua::attention {
namespace {

// What one KV head's cache holds.
class Cache {
 public:
  explicit Cache(int64_t tokens, CacheBudget budget)
      : recent_(std::max<int64_t>(1, share_of(budget.recent, tokens))),
        size_(recent_ + share_of(budget.heavy, tokens)) {}

  std::span<const int32_t> keys() const { return keys_; }  // increasing

  /// Key i joins; those before `first_visible` have left the layer's window.
  void add(int64_t i, int64_t first_visible) {
    std::size_t gone = 0;
    while (gone < keys_.size() && keys_[gone] < first_visible) ++gone;
    keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(gone));
    mass_.erase(mass_.begin(), mass_.begin() + static_cast<std::ptrdiff_t>(gone));
    keys_.push_back(static_cast<int32_t>(i));
    mass_.push_back(0.0);
  }

  /// Adds one query's weights times `factor`, in the order of keys().
  void accumulate(std::span<const float> weights, double factor) {
    for (std::size_t n = 0; n < weights.size(); ++n) {
      mass_[n] += factor * static_cast<double>(weights[n]);
    }
  }

  /// After query i: drops the lightest key that is not recent, when there is one too many.
  void evict(int64_t i) {
    if (std::ssize(keys_) <= size_) return;
    const auto older = std::ranges::lower_bound(keys_, static_cast<int32_t>(i - recent_ + 1));
    const auto lightest =
        std::min_element(mass_.begin(), mass_.begin() + (older - keys_.begin())) - mass_.begin();
    keys_.erase(keys_.begin() + lightest);
    mass_.erase(mass_.begin() + lightest);
  }

 private:
  int64_t recent_;
  int64_t size_;
  std::vector<int32_t> keys_;
  std::vector<double> mass_;
};

class EvictingAttention final : public Attention {
 public:
  EvictingAttention(std::unique_ptr<ScoreModel> scores, CacheBudget budget)
      : scores_(std::move(scores)), budget_(budget) {}

  void run(const AttentionInput& input, MatrixView<float> out) const override {
    const int64_t tokens = input.q.tokens();
    const int64_t group = input.q.heads() / input.k.heads();
    const int64_t rows = std::min(query_block, tokens);
    std::vector<float> buffer(static_cast<std::size_t>(group * rows * tokens));
    std::vector<float> sums(static_cast<std::size_t>(group * rows));
    std::vector<float> scratch;
    for (int64_t g = 0; g < input.k.heads(); ++g) {
      const auto head = scores_->prepare(input, g);
      BlockLogits logits(input, *head);
      Cache cache(tokens, budget_);
      for_each_block(tokens, input.rule, [&](const Block& block) {
        const auto weights_of = [&](int64_t member) {
          return MatrixView<float>(buffer.data() + member * rows * tokens, block.queries,
                                   block.keys);
        };
        const auto sums_of = [&](int64_t member) {
          return std::span(sums).subspan(static_cast<std::size_t>(member * rows),
                                         static_cast<std::size_t>(block.queries));
        };
        for (int64_t m = 0; m < group; ++m) logits.compute(block, g * group + m, weights_of(m));
        for (int64_t r = 0; r < block.queries; ++r) {
          const int64_t i = block.first_query + r;
          cache.add(i, input.rule.first_key(i));
          for (int64_t m = 0; m < group; ++m) {
            const auto row = weights_of(m).row(r);
            scratch.clear();
            for (const int32_t key : cache.keys()) scratch.push_back(row[key - block.first_key]);
            const float sum = ops::exponentials(scratch, input.rule.softcap);
            cache.accumulate(scratch, 1.0 / static_cast<double>(sum));
            std::ranges::fill(row, 0.0F);
            for (std::size_t n = 0; n < scratch.size(); ++n) {
              row[cache.keys()[n] - block.first_key] = scratch[n];
            }
            sums_of(m)[static_cast<std::size_t>(r)] = sum;
          }
          cache.evict(i);
        }
        for (int64_t m = 0; m < group; ++m) {
          const int64_t h = g * group + m;
          finish(input, block, h, weights_of(m), sums_of(m), output_of(input, block, h, out));
        }
      });
    }
  }

 private:
  std::unique_ptr<ScoreModel> scores_;
  CacheBudget budget_;
};

}  // namespace

std::unique_ptr<Attention> make_evicting_attention(std::unique_ptr<ScoreModel> scores,
                                                   CacheBudget budget) {
  return std::make_unique<EvictingAttention>(std::move(scores), budget);
}

}  // namespace aqua::attention
