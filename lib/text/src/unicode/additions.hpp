// Unicode changes with time, and the `tokenizers` package, PCRE2 and utf8proc were each made from
// another version of it. These tables hold the differences, so that a character gets the same
// treatment here as there (made by scripts/unicode_additions.py).
#pragma once

#include <cstdint>
#include <span>

namespace aqua::text {

struct CodePointRange {
  char32_t first;
  char32_t last;
};

/// Characters that have general category `major``minor` (e.g. 'L','u') in Oniguruma's tables
/// (Unicode 16) but not in PCRE2 10.42's (Unicode 14).
struct CategoryRange {
  char32_t first;
  char32_t last;
  char major;
  char minor;
};
std::span<const CategoryRange> category_additions();

/// Whether normalization must treat this character as a starter without a decomposition: the
/// package's normalization tables (Unicode 9) do not know it, utf8proc's (Unicode 15) do.
bool is_normalization_inert(char32_t code_point);

/// Whether this character belongs to the user-perceived character before it by the package's tables
/// (Unicode 17), but not by utf8proc's (Unicode 15).
bool is_grapheme_extension(char32_t code_point);

/// Lower case of one character by the package's tables (Unicode 17), except for U+0130, whose lower
/// case is two characters.
char32_t lower_case(char32_t code_point);

}  // namespace aqua::text
