#include "aqua/core/heads.hpp"

#include "aqua/core/error.hpp"

namespace aqua {

void validate(const HeadLayout& layout, std::string_view context) {
  if (layout.query_heads <= 0 || layout.kv_heads <= 0 || layout.head_dim <= 0) {
    fail<FormatError>(
        "{}: expected positive head counts and head dimension, found {} query heads, {} KV heads, "
        "head dimension {}",
        context, layout.query_heads, layout.kv_heads, layout.head_dim);
  }
  if (layout.query_heads % layout.kv_heads != 0) {
    fail<FormatError>(
        "{}: {} query heads (num_attention_heads) is not a multiple of {} KV heads "
        "(num_key_value_heads)",
        context, layout.query_heads, layout.kv_heads);
  }
}

}  // namespace aqua
