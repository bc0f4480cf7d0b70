// The head layout of an attention layer, views of its vectors, and the rule that turns dot products
// into attention logits.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "aqua/core/matrix.hpp"

namespace aqua {

/// Position of a layer in the model, from 0.
struct LayerIndex {
  int32_t value = 0;
  auto operator<=>(const LayerIndex&) const = default;
};

/// H query heads share H_kv key/value heads; group g holds the G = H/H_kv consecutive query heads h
/// with h / G = g. H·d need not equal the hidden size.
struct HeadLayout {
  int64_t query_heads = 0;  ///< H
  int64_t kv_heads = 0;     ///< H_kv
  int64_t head_dim = 0;     ///< d

  int64_t group_size() const { return query_heads / kv_heads; }
  int64_t kv_head_of(int64_t query_head) const { return query_head / group_size(); }
  bool operator==(const HeadLayout&) const = default;
};

/// Throws FormatError, starting with `context`, unless all extents are positive and H is a multiple
/// of H_kv.
void validate(const HeadLayout& layout, std::string_view context);

/// Vectors of all heads for a run of tokens, [tokens, heads, d]: head h of token t starts at
/// data + t·token_stride + h·d.
template <class T>
class HeadsView {
 public:
  HeadsView() = default;
  HeadsView(T* data, int64_t tokens, int64_t heads, int64_t head_dim, int64_t token_stride)
      : data_(data), tokens_(tokens), heads_(heads), head_dim_(head_dim), stride_(token_stride) {}
  HeadsView(T* data, int64_t tokens, int64_t heads, int64_t head_dim)
      : HeadsView(data, tokens, heads, head_dim, heads * head_dim) {}
  operator HeadsView<const T>() const requires(!std::is_const_v<T>) {
    return {data_, tokens_, heads_, head_dim_, stride_};
  }

  T* data() const { return data_; }
  int64_t tokens() const { return tokens_; }
  int64_t heads() const { return heads_; }
  int64_t head_dim() const { return head_dim_; }
  int64_t token_stride() const { return stride_; }
  bool empty() const { return tokens_ == 0 || heads_ == 0; }

  /// One head's vectors, [tokens, d].
  MatrixView<T> head(int64_t h) const { return heads_range(h, 1); }
  /// `count` consecutive heads side by side, [tokens, count·d].
  MatrixView<T> heads_range(int64_t first, int64_t count) const {
    return {data_ + first * head_dim_, tokens_, count * head_dim_, stride_};
  }
  /// Tokens [first, first + count).
  HeadsView tokens(int64_t first, int64_t count) const {
    return {data_ + first * stride_, count, heads_, head_dim_, stride_};
  }

 private:
  T* data_ = nullptr;
  int64_t tokens_ = 0;
  int64_t heads_ = 0;
  int64_t head_dim_ = 0;
  int64_t stride_ = 0;
};

/// How a layer turns q·k into an attention logit, and which keys a query sees:
///   logit(i, j) = cap(scale · q_i·k_j),  cap(x) = softcap·tanh(x/softcap) when softcap is set,
/// for keys j in (i − window, i]; window is unlimited unless the layer slides.
struct LogitRule {
  float scale = 1.0F;
  std::optional<float> softcap;
  int64_t window = std::numeric_limits<int64_t>::max();

  /// The first key position that query position i sees.
  int64_t first_key(int64_t i) const { return i >= window ? i - window + 1 : 0; }
  bool operator==(const LogitRule&) const = default;
};

}  // namespace aqua
