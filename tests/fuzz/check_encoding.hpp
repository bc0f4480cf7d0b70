// What every tokenizer must give for every text, whatever file it comes from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "aqua/text/tokenizer.hpp"

/// Encodes the text; aborts when ids or starts are out of their ranges.
inline void check_encoding(const aqua::text::Tokenizer& tokenizer, std::string_view text) {
  const aqua::text::Encoding encoding = tokenizer.encode_with_starts(text, true);
  if (encoding.starts.size() != encoding.ids.size()) std::abort();
  if (!std::ranges::is_sorted(encoding.starts)) std::abort();
  for (const int64_t start : encoding.starts) {
    if (start < 0 || start > static_cast<int64_t>(text.size())) std::abort();
  }
  for (const int32_t id : encoding.ids) {
    if (id < 0 || id >= tokenizer.vocabulary_size()) std::abort();
  }
}
