#include "architecture.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

// Far above any model, far below where products of two extents overflow.
constexpr int64_t largest = int64_t{1} << 28U;
constexpr int64_t most_layers = int64_t{1} << 16U;
constexpr int64_t largest_head_dim = int64_t{1} << 16U;

void check_extent(std::string_view key, int64_t value, int64_t limit, const std::string& context) {
  if (value <= 0 || value > limit) {
    fail<FormatError>("{}: \"{}\": expected a number from 1 to {}, found {}", context, key, limit,
                      value);
  }
}

}  // namespace

bool Architecture::has_experts() const {
  return std::ranges::any_of(layer, [](const LayerSettings& l) { return l.experts; });
}

void validate(const Architecture& a, const std::string& context) {
  aqua::validate(a.heads, context);
  check_extent("num_hidden_layers", a.layers, most_layers, context);
  check_extent("hidden_size", a.hidden_size, largest, context);
  check_extent("vocab_size", a.vocabulary, largest, context);
  if (a.feed_forward.size != 0 || a.experts.count == 0) {
    check_extent("intermediate_size", a.feed_forward.size, largest, context);
  }
  if (a.experts.count != 0) {
    check_extent("num_experts", a.experts.count, int64_t{1} << 16U, context);
    check_extent("moe_intermediate_size", a.experts.size, largest, context);
    check_extent("num_experts_per_tok", a.experts.per_token, a.experts.count, context);
  }
  if (a.heads.query_heads > largest || a.heads.head_dim > largest_head_dim) {
    fail<FormatError>("{}: {} heads of dimension {} are out of range", context, a.heads.query_heads,
                      a.heads.head_dim);
  }
  if (a.max_positions < 0 || a.max_positions > largest) {
    fail<FormatError>("{}: \"max_position_embeddings\": expected a number from 0 to {}, found {}",
                      context, largest, a.max_positions);
  }
  if (!(a.norm_epsilon >= 0.0F) || !std::isfinite(a.norm_epsilon)) {
    fail<FormatError>("{}: the norms' epsilon: expected a number not below 0, found {}", context,
                      a.norm_epsilon);
  }
}

}  // namespace aqua::model
