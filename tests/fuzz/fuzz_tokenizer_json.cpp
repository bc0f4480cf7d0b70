// The reader of tokenizer.json takes any bytes, and what it accepts tokenises any text: both give a
// result or throw a FormatError. Input: the file, then, behind a zero byte, the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "aqua/core/error.hpp"
#include "load_tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\0'), size);
  const std::string_view text = input.substr(std::min(end + 1, size));
  try {
    const auto tokenizer = aqua::text::parse_tokenizer(input.substr(0, end), "fuzz");
    const aqua::text::Encoding encoding = tokenizer->encode_with_starts(text, true);
    if (encoding.starts.size() != encoding.ids.size()) std::abort();
    if (!std::ranges::is_sorted(encoding.starts)) std::abort();
    for (const int64_t start : encoding.starts) {
      if (start < 0 || start > static_cast<int64_t>(text.size())) std::abort();
    }
    for (const int32_t id : encoding.ids) {
      if (id < 0 || id >= tokenizer->vocabulary_size()) std::abort();
    }
  } catch (const aqua::FormatError&) {
    // Refused, with a message.
  }
  return 0;
}
