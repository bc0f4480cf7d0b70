#include <utf8proc.h>

#include "base64.hpp"
#include "normalizers/normalizers.hpp"
#include "unicode/additions.hpp"
#include "unicode/character_map.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

// For marks that utf8proc does not know yet, one that it knows.
utf8proc_int32_t known_character(char32_t code_point) {
  constexpr char32_t combining_grave = 0x300;
  return static_cast<utf8proc_int32_t>(is_grapheme_extension(code_point) ? combining_grave
                                                                         : code_point);
}

// Bytes of the user-perceived character (grapheme cluster) at the start of the text.
std::size_t grapheme_length(std::string_view text) {
  utf8proc_int32_t state = 0;
  std::size_t at = sequence_length(text[0]);
  utf8proc_int32_t previous = known_character(code_point_at(text, 0));
  while (at < text.size()) {
    const utf8proc_int32_t next = known_character(code_point_at(text, at));
    if (utf8proc_grapheme_break_stateful(previous, next, &state)) break;
    previous = next;
    at += sequence_length(text[at]);
  }
  return at;
}

// SentencePiece's normalization by a table. As in the reference, short grapheme clusters are looked
// up as a whole, of which the first entry found replaces all; what has no entry is looked up
// character by character.
class Precompiled final : public Step {
 public:
  explicit Precompiled(CharacterMap map) : map_(std::move(map)) {}

  void apply(Pieces& pieces) const override {
    constexpr std::size_t short_bytes = 6;
    pieces.rewrite([&](std::string_view text, Rewriter& output) {
      for (std::size_t length = 0; !text.empty(); text.remove_prefix(length)) {
        length = grapheme_length(text);
        const std::string_view grapheme = text.substr(0, length);
        if (length < short_bytes) {
          if (const auto whole = map_.find(grapheme)) {
            output.replace(length, *whole);
            continue;
          }
        }
        replace_characters(grapheme, output);
      }
    });
  }

 private:
  void replace_characters(std::string_view text, Rewriter& output) const {
    for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
      length = sequence_length(text[at]);
      if (const auto found = map_.find(text.substr(at, length))) {
        output.replace(length, *found);
      } else {
        output.keep(length);
      }
    }
  }

  CharacterMap map_;
};

}  // namespace

std::unique_ptr<Step> make_precompiled(const JsonNode& config) {
  const JsonNode node = config.at("precompiled_charsmap");
  const auto bytes = decode_base64(node.string());
  if (!bytes) node.fail_expected("base64");
  return std::make_unique<Precompiled>(CharacterMap(*bytes, node.where()));
}

}  // namespace aqua::text
