// Random queries, keys and values of one sequence, for tests of attention.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <span>
#include <string>

#include "aqua/attention/attention.hpp"
#include "aqua/core/random.hpp"

namespace aqua::attention {

inline constexpr double epsilon = std::numeric_limits<float>::epsilon();

struct Case {
  int64_t tokens;
  HeadLayout heads;
  LogitRule rule{};
  double spread = 1.0;  // of q and k
};

inline std::string describe(const Case& c) {
  return fmt::format("T{}_H{}_Hkv{}_d{}{}{}{}", c.tokens, c.heads.query_heads, c.heads.kv_heads,
                     c.heads.head_dim, c.rule.softcap ? "_softcap" : "",
                     c.rule.window < c.tokens ? fmt::format("_window{}", c.rule.window) : "",
                     c.spread == 1.0 ? "" : "_peaked");
}

// q, k and v of one sequence side by side in rows that are longer than needed, as the transformer
// holds them.
struct Inputs {
  explicit Inputs(const Case& c) : layout(c.heads), rows(c.tokens, width() + 3), tokens(c.tokens) {
    Random random(static_cast<uint64_t>(c.tokens), Random::Purpose::test);
    const int64_t qk = (layout.query_heads + layout.kv_heads) * layout.head_dim;
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t i = 0; i < rows.cols(); ++i) {
        rows(t, i) = static_cast<float>(random.normal() * (i < qk ? c.spread : 1.0));
      }
    }
  }
  int64_t width() const { return (layout.query_heads + 2 * layout.kv_heads) * layout.head_dim; }
  HeadsView<const float> heads(int64_t first, int64_t count) const {
    return {rows.data() + first * layout.head_dim, tokens, count, layout.head_dim, rows.cols()};
  }
  HeadsView<const float> q() const { return heads(0, layout.query_heads); }
  HeadsView<const float> k() const { return heads(layout.query_heads, layout.kv_heads); }
  HeadsView<const float> v() const {
    return heads(layout.query_heads + layout.kv_heads, layout.kv_heads);
  }

  HeadLayout layout;
  Matrix<float> rows;
  int64_t tokens;
};

inline double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

inline LogitRule rule(int64_t head_dim, std::optional<float> softcap = {},
                      int64_t window = LogitRule{}.window) {
  return {1.0F / std::sqrt(static_cast<float>(head_dim)), softcap, window};
}

}  // namespace aqua::attention
