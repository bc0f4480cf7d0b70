// Exact causal attention over a whole sequence, in blocks of queries and keys.
//
// The keys and values of a KV head are packed once, in blocks of tokens, for all queries of its
// group. A block of queries holds the same tokens of all heads of the group, one head below the
// other, so that one product serves the group. It passes over the key blocks that it sees, from the
// first of its window to its own, and softmax is taken on the way (Milakov and Gimelshein 2018;
// Rabe and Staats 2021, arXiv 2112.05682): the block's weights are those below the maximum so far,
// and when the maximum grows, the outputs so far shrink. Blocks that are masked as a whole are
// never computed; all that is held is one block of logits and outputs, in the second-level cache.
#include <algorithm>
#include <utility>
#include <vector>

#include "aqua/attention/attention.hpp"
#include "aqua/ops/softmax.hpp"
#include "drivers.hpp"

namespace aqua::attention {
namespace {

constexpr int64_t key_block = 128;
// Rows of a block of queries, over the heads of a group: full speed of the products, and logits of
// 256 kB. At least min_query_tokens, however large the group.
constexpr int64_t query_rows = 512;
constexpr int64_t min_query_tokens = 32;

int64_t query_tokens(int64_t group) {
  return std::clamp(query_rows / group / min_query_tokens * min_query_tokens, min_query_tokens,
                    key_block);
}

/// One KV head's keys and values, in blocks; the last is filled up with zeros.
struct KeyValueBlocks {
  std::vector<linalg::PackedMatrix> keys;    // [block] [d, key_block]
  std::vector<linalg::PackedMatrix> values;  // [block] [key_block, d]
};

class KeyValuePacker {
 public:
  KeyValuePacker(const linalg::ProductEngine& products, int64_t tokens, int64_t head_dim)
      : products_(products), tokens_(tokens), padded_(key_block, head_dim) {
    const auto count = static_cast<std::size_t>((tokens + key_block - 1) / key_block);
    blocks_.keys.resize(count);
    blocks_.values.resize(count);
  }
  /// The blocks of k and v [T, d], valid until the next call.
  const KeyValueBlocks& pack(ConstMatrixView<float> k, ConstMatrixView<float> v) {
    for (std::size_t i = 0; i < blocks_.keys.size(); ++i) {
      const int64_t first = static_cast<int64_t>(i) * key_block;
      products_.pack(blocks_.keys[i], linalg::Op::transpose, block(k, first));
      products_.pack(blocks_.values[i], linalg::Op::none, block(v, first));
    }
    return blocks_;
  }

 private:
  ConstMatrixView<float> block(ConstMatrixView<float> x, int64_t first) {
    const int64_t rows = std::min(key_block, tokens_ - first);
    if (rows == key_block) return x.rows(first, rows);
    for (int64_t r = 0; r < rows; ++r) {
      std::ranges::copy(x.row(first + r), padded_.row(r).begin());
    }
    return padded_;
  }

  const linalg::ProductEngine& products_;
  int64_t tokens_;
  Matrix<float> padded_;  // rows beyond the sequence stay zero
  KeyValueBlocks blocks_;
};

class ExactAttention final : public Attention {
 public:
  explicit ExactAttention(std::shared_ptr<const linalg::ProductEngine> products)
      : products_(std::move(products)) {}

  void run(const AttentionInput& input, MatrixView<float> out) const override {
    if (input.observer != nullptr) return watched_->run(input, out);
    const int64_t tokens = input.q.tokens();
    const int64_t group = input.q.heads() / input.k.heads();
    const int64_t step = query_tokens(group);
    KeyValuePacker packer(*products_, tokens, input.k.head_dim());
    QueryBlock block(std::min(step, tokens) * group, input.q.head_dim());
    for (int64_t g = 0; g < input.k.heads(); ++g) {
      const KeyValueBlocks& key_value = packer.pack(input.k.head(g), input.v.head(g));
      for (int64_t first = 0; first < tokens; first += step) {
        const Queries queries{g * group, group, first, std::min(step, tokens - first)};
        attend(input, queries, key_value, block, out);
      }
    }
  }

 private:
  /// Tokens [first, first + count) of heads [first_head, first_head + heads).
  struct Queries {
    int64_t first_head, heads, first, count;

    int64_t rows() const { return heads * count; }
    int64_t position(int64_t row) const { return first + row % count; }
    /// The blocks of keys that some of them see.
    int64_t first_block(const LogitRule& rule) const { return rule.first_key(first) / key_block; }
    int64_t last_block() const { return (first + count - 1) / key_block; }
  };
  /// Scratch for the rows of a block of queries, head by head.
  struct QueryBlock {
    QueryBlock(int64_t rows, int64_t head_dim)
        : q(rows, head_dim),
          logits(rows, key_block),
          outputs(rows, head_dim),
          softmax(static_cast<std::size_t>(rows)) {}
    Matrix<float> q;        // times the rule's scale
    Matrix<float> logits;   // then weights
    Matrix<float> outputs;  // not yet divided by the softmax's sum
    std::vector<ops::RunningSoftmax> softmax;
  };

  void attend(const AttentionInput& input, const Queries& queries, const KeyValueBlocks& key_value,
              QueryBlock& block, MatrixView<float> out) const {
    const int64_t rows = queries.rows();
    const int64_t head_dim = input.q.head_dim();
    for (int64_t r = 0; r < rows; ++r) {
      const auto q = input.q.head(queries.first_head + r / queries.count).row(queries.position(r));
      std::ranges::transform(q, block.q.row(r).begin(),
                             [&](float value) { return value * input.rule.scale; });
      std::ranges::fill(block.outputs.row(r), 0.0F);
      block.softmax[static_cast<std::size_t>(r)] = {};
    }
    const auto q = block.q.view().rows(0, rows);
    const auto logits = block.logits.view().rows(0, rows);
    const auto outputs = block.outputs.view().rows(0, rows);
    for (int64_t b = queries.first_block(input.rule); b <= queries.last_block(); ++b) {
      products_->multiply(q, key_value.keys[static_cast<std::size_t>(b)], logits);
      for (int64_t r = 0; r < rows; ++r) {
        const float shrink = weigh(input.rule, queries.position(r), b * key_block, logits.row(r),
                                   block.softmax[static_cast<std::size_t>(r)]);
        if (shrink != 1.0F) ops::scale(outputs.row(r), shrink);
      }
      products_->multiply_add(logits, key_value.values[static_cast<std::size_t>(b)], outputs);
    }
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t head = queries.first_head + r / queries.count;
      const auto target = out.columns(head * head_dim, head_dim).row(queries.position(r));
      const float inverse = 1.0F / block.softmax[static_cast<std::size_t>(r)].sum;
      std::ranges::transform(outputs.row(r), target.begin(),
                             [&](float value) { return value * inverse; });
    }
  }

  /// Logits of the query at `position` over the keys from first_key on to weights; those that it
  /// does not see get 0. Returns what continue_softmax returns.
  static float weigh(const LogitRule& rule, int64_t position, int64_t first_key,
                     std::span<float> logits, ops::RunningSoftmax& softmax) {
    const auto clamp = [](int64_t key) {
      return static_cast<std::size_t>(std::clamp<int64_t>(key, 0, key_block));
    };
    const std::size_t begin = clamp(rule.first_key(position) - first_key);
    const std::size_t end = std::max(begin, clamp(position + 1 - first_key));
    std::ranges::fill(logits.first(begin), 0.0F);
    std::ranges::fill(logits.subspan(end), 0.0F);
    return ops::continue_softmax(logits.subspan(begin, end - begin), rule.softcap, softmax);
  }

  std::shared_ptr<const linalg::ProductEngine> products_;
  // The same attention in whole rows of weights, for those who want to see them.
  std::unique_ptr<Attention> watched_ = make_scored_attention(make_exact_scores());
};

}  // namespace

std::unique_ptr<Attention> make_exact_attention(
    std::shared_ptr<const linalg::ProductEngine> products) {
  if (products == nullptr) products = make_product_engine(linalg::ProductType::float32);
  return std::make_unique<ExactAttention>(std::move(products));
}

}  // namespace aqua::attention
