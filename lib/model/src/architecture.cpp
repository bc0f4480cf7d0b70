#include "architecture.hpp"

#include <array>
#include <cmath>
#include <utility>

#include "aqua/core/error.hpp"

namespace aqua::model {

void validate(const Architecture& architecture, const std::string& context) {
  aqua::validate(architecture.heads, context);
  const std::array<std::pair<const char*, int64_t>, 4> extents{
      {{"num_hidden_layers", architecture.layers},
       {"hidden_size", architecture.hidden_size},
       {"intermediate_size", architecture.feed_forward_size},
       {"vocab_size", architecture.vocabulary}}};
  // Far above any model, far below where products of two extents overflow.
  constexpr int64_t largest = int64_t{1} << 28U;
  for (const auto& [key, value] : extents) {
    if (value <= 0 || value > largest) {
      fail<FormatError>("{}: \"{}\": expected a number from 1 to {}, found {}", context, key,
                        largest, value);
    }
  }
  constexpr int64_t largest_head_dim = int64_t{1} << 16U;
  if (architecture.heads.query_heads > largest || architecture.heads.head_dim > largest_head_dim) {
    fail<FormatError>("{}: {} heads of dimension {} are out of range", context,
                      architecture.heads.query_heads, architecture.heads.head_dim);
  }
  if (architecture.heads.head_dim % 2 != 0) {
    fail<FormatError>("{}: \"head_dim\": rotary embedding needs an even number, found {}", context,
                      architecture.heads.head_dim);
  }
  if (architecture.max_positions < 0) {
    fail<FormatError>("{}: \"max_position_embeddings\": expected a number not below 0, found {}",
                      context, architecture.max_positions);
  }
  if (!(architecture.norm_epsilon >= 0.0F) || !std::isfinite(architecture.norm_epsilon)) {
    fail<FormatError>("{}: \"rms_norm_eps\": expected a number not below 0, found {}", context,
                      architecture.norm_epsilon);
  }
}

}  // namespace aqua::model
