// The reader of tokenizer.json takes any bytes, and what it accepts tokenises any text: both give a
// result or throw a FormatError. Input: the file, then, behind a zero byte, the text.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "aqua/core/error.hpp"
#include "check_encoding.hpp"
#include "load_tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\0'), size);
  try {
    const auto tokenizer = aqua::text::parse_tokenizer(input.substr(0, end), "fuzz");
    check_encoding(*tokenizer, input.substr(std::min(end + 1, size)));
  } catch (const aqua::FormatError&) {
    // Refused, with a message.
  }
  return 0;
}
