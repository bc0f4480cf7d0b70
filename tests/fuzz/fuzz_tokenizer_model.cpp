// The reader of tokenizer.model takes any bytes, and neither it nor libsentencepiece behind it may
// do anything but give a result or throw a FormatError. Input: one byte, the length of the text,
// the text, and the file.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "aqua/core/error.hpp"
#include "check_encoding.hpp"
#include "load_tokenizer.hpp"
#include "sentencepiece/sentencepiece_tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view text = input.substr(0, std::min<std::size_t>(data[0], input.size()));
  const nlohmann::json none = nlohmann::json::object();
  try {
    const auto tokenizer = aqua::text::build_tokenizer(
        aqua::text::parse_sentencepiece_tokenizer(input.substr(text.size()), "fuzz", none, none),
        "fuzz");
    check_encoding(*tokenizer, text);
  } catch (const aqua::FormatError&) {
    // Refused, with a message.
  }
  return 0;
}
