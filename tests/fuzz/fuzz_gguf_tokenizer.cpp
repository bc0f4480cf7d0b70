// GGUF's metadata describe a tokenizer, in any combination of lists that do not fit together: a
// result or a FormatError. Input: one byte, the length of the text, the text, and the file.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "aqua/core/error.hpp"
#include "check_encoding.hpp"

namespace {

// GGUF files are mapped, so that there must be one; each process has its own.
const std::filesystem::path& file() {
  static const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("aqua-fuzz-" + std::to_string(getpid()) + ".gguf");
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view text = input.substr(0, std::min<std::size_t>(data[0], input.size()));
  std::ofstream(file(), std::ios::binary) << input.substr(text.size());
  try {
    check_encoding(*aqua::text::load_tokenizer(file()), text);
  } catch (const aqua::FormatError&) {
    // Refused, with a message.
  }
  std::filesystem::remove(file());
  return 0;
}
