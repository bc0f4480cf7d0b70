#include "byte_alphabet.hpp"

#include <array>
#include <string>

#include "utf8.hpp"

namespace aqua::text {
namespace {

constexpr bool is_printable_latin1(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::array<std::string, 256> make_alphabet() {
  std::array<std::string, 256> alphabet;
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    append_code_point(alphabet[byte],
                      is_printable_latin1(byte) ? static_cast<char32_t>(byte) : next++);
  }
  return alphabet;
}

}  // namespace

void map_bytes(Pieces& pieces) {
  static const std::array<std::string, 256> alphabet = make_alphabet();
  pieces.rewrite([](std::string_view text, Rewriter& output) {
    for (const char byte : text) output.replace(1, alphabet[static_cast<unsigned char>(byte)]);
  });
}

}  // namespace aqua::text
