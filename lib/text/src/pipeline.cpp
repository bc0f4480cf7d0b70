#include "pipeline.hpp"

#include <algorithm>

#include "aqua/core/error.hpp"
#include "utf8.hpp"

namespace aqua::text {

Encoding Pipeline::encode_with_starts(std::string_view utf8, bool add_special_tokens) const {
  constexpr std::size_t longest = std::size_t{1} << 30;
  if (utf8.size() > longest) {
    fail<FormatError>("the text to tokenise: expected at most {} bytes, found {}", longest,
                      utf8.size());
  }
  if (const auto invalid = find_invalid_utf8(utf8)) {
    fail<FormatError>("the text to tokenise: not valid UTF-8 at byte {}", *invalid);
  }
  Pieces pieces(utf8);
  parts_.raw_tokens.apply(pieces);
  if (parts_.normalizer) parts_.normalizer->apply(pieces);
  parts_.normalized_tokens.apply(pieces);
  if (parts_.pre_tokenizer) parts_.pre_tokenizer->apply(pieces);
  Encoding encoding;
  parts_.model->encode(pieces, encoding);
  // Tokens can change places (see Bpe::cut); their starts do not.
  int64_t latest = 0;
  for (int64_t& start : encoding.starts) start = latest = std::max(latest, start);
  if (parts_.post_processor) {
    parts_.post_processor->apply(encoding, static_cast<int64_t>(utf8.size()), add_special_tokens);
  }
  return encoding;
}

}  // namespace aqua::text
