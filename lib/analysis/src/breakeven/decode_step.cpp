// Heads of a group go through the cache together, 64 tokens at a time, so that what one of them has
// read is in the first-level cache for the others: for standard attention and AQUA alike.
#include "breakeven/decode_step.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aqua/ops/decode.hpp"
#include "aqua/ops/softmax.hpp"
#include "aqua/projection/selection.hpp"

namespace aqua::analysis {
namespace {

constexpr int64_t block_tokens = ops::key_block;

int64_t blocks_for(int64_t length) { return (length + block_tokens - 1) / block_tokens; }

}  // namespace

BlockedKeys::BlockedKeys(int64_t length, int64_t dims)
    : dims_(dims), data_(blocks_for(length), dims * block_tokens) {}

void BlockedKeys::set(int64_t token, std::span<const float> key) {
  float* column = data_.row(token / block_tokens).data() + token % block_tokens;
  for (int64_t c = 0; c < dims_; ++c) column[c * block_tokens] = key[c];
}

DecodeStep::DecodeStep(const HeadLayout& heads, int64_t length,
                       std::vector<Matrix<float>> projections)
    : heads_(heads),
      length_(length),
      scale_(static_cast<float>(1.0 / std::sqrt(static_cast<double>(heads.head_dim)))),
      projections_(std::move(projections)),
      query_(heads.query_heads, heads.head_dim),
      rotated_(static_cast<std::size_t>(heads.head_dim)),
      mask_(static_cast<std::size_t>(heads.head_dim)),
      scratch_(static_cast<std::size_t>(heads.head_dim)),
      dims_(static_cast<std::size_t>(heads.query_heads * heads.head_dim)),
      all_dims_(static_cast<std::size_t>(heads.head_dim)),
      scores_(heads.group_size(), blocks_for(length) * block_tokens),
      inverse_sums_(static_cast<std::size_t>(heads.group_size())),
      part_(static_cast<std::size_t>(heads.head_dim)) {
  std::iota(all_dims_.begin(), all_dims_.end(), 0);
}

void DecodeStep::standard(const NewToken& token, KeyLayout layout, LayerCache& cache,
                          MatrixView<float> out) {
  const int64_t d = heads_.head_dim;
  kept_ = d;
  for (int64_t g = 0; g < heads_.kv_heads; ++g) {
    std::ranges::copy(token.v.row(g), cache.values[g].row(length_ - 1).begin());
    for (int64_t h = g * heads_.group_size(); h < (g + 1) * heads_.group_size(); ++h) {
      for (int64_t c = 0; c < d; ++c) query_(h, c) = token.q(h, c) * scale_;
      std::ranges::copy(all_dims_, dims_.begin() + h * d);
    }
    if (layout == KeyLayout::blocks) {
      cache.blocks[g].set(length_ - 1, token.k.row(g));
      score_blocks(cache.blocks, g);
    } else {
      Matrix<float>& keys = cache.tokens[g];
      std::ranges::copy(token.k.row(g), keys.row(length_ - 1).begin());
      for (int64_t first = 0; first < length_; first += block_tokens) {
        const int64_t count = std::min(block_tokens, length_ - first);
        for (int64_t i = 0; i < heads_.group_size(); ++i) {
          ops::token_scores(query_.row(g * heads_.group_size() + i), keys.view().rows(first, count),
                            scores_.row(i).subspan(static_cast<std::size_t>(first),
                                                   static_cast<std::size_t>(count)));
        }
      }
    }
    finish(cache, g, out);
  }
}

void DecodeStep::aqua(const NewToken& token, const AquaStep& step, LayerCache& cache,
                      MatrixView<float> out) {
  kept_ = step.k;
  const auto stored = std::span(rotated_).first(static_cast<std::size_t>(step.stored));
  std::vector<BlockedKeys>& keys = cache.rotated[step.variant];
  for (int64_t g = 0; g < heads_.kv_heads; ++g) {
    const auto map = projections_[g].view().columns(0, step.stored);
    std::ranges::copy(token.v.row(g), cache.values[g].row(length_ - 1).begin());
    ops::weighted_sum(token.k.row(g), map, stored);  // k·P
    keys[g].set(length_ - 1, stored);
    for (int64_t h = g * heads_.group_size(); h < (g + 1) * heads_.group_size(); ++h) {
      ops::weighted_sum(token.q.row(h), map, stored);  // q·P
      select(stored, h);
    }
    score_blocks(keys, g);
    finish(cache, g, out);
  }
}

void DecodeStep::select(std::span<const float> rotated, int64_t h) {
  const auto mask = std::span(mask_).first(rotated.size());
  projection::select_largest(rotated, kept_, mask, scratch_);
  // Without branches: every index is written, and the place moves on where it is kept, but never
  // past the end, where only the last of d kept ones can stand.
  int32_t* dims = dims_.data() + h * heads_.head_dim;
  float* values = query_.row(h).data();
  int64_t place = 0;
  for (std::size_t c = 0; c < rotated.size(); ++c) {
    dims[place] = static_cast<int32_t>(c);
    values[place] = rotated[c] * scale_;
    place += mask[c] != 0.0F && place + 1 < heads_.head_dim ? 1 : 0;
  }
}

void DecodeStep::score_blocks(const std::vector<BlockedKeys>& keys, int64_t g) {
  const auto kept = static_cast<std::size_t>(kept_);
  const int64_t stride = keys[g].dims() * block_tokens;
  for (int64_t b = 0; b < keys[g].blocks(); ++b) {
    const int64_t ahead = b + 1 < keys[g].blocks() ? stride : 0;
    for (int64_t i = 0; i < heads_.group_size(); ++i) {
      const int64_t h = g * heads_.group_size() + i;
      ops::block_scores(query_.row(h).first(kept), dimensions(h), keys[g].block(b), ahead,
                        scores_.row(i)
                            .subspan(static_cast<std::size_t>(b * block_tokens))
                            .first<ops::key_block>());
    }
  }
}

void DecodeStep::finish(const LayerCache& cache, int64_t g, MatrixView<float> out) {
  const int64_t group = heads_.group_size();
  const Matrix<float>& values = cache.values[g];
  const int64_t step = group == 1 ? length_ : block_tokens;  // nothing to share: no need for blocks
  for (int64_t i = 0; i < group; ++i) {
    const auto weights = scores_.row(i).first(static_cast<std::size_t>(length_));
    inverse_sums_[i] = 1.0F / ops::exponentials(weights, std::nullopt);
    std::ranges::fill(out.row(g * group + i), 0.0F);
  }
  for (int64_t first = 0; first < length_; first += step) {
    const int64_t count = std::min(step, length_ - first);
    for (int64_t i = 0; i < group; ++i) {
      const auto weights =
          scores_.row(i).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      ops::weighted_sum(weights, values.view().rows(first, count), part_);
      const auto to = out.row(g * group + i);
      for (std::size_t c = 0; c < to.size(); ++c) to[c] += part_[c];
    }
  }
  for (int64_t i = 0; i < group; ++i) {
    for (float& value : out.row(g * group + i)) value *= inverse_sums_[i];
  }
}

}  // namespace aqua::analysis
