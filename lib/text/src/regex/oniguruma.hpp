// Patterns in tokenizer.json files are written for Oniguruma (Ruby syntax).
#pragma once

#include <string>
#include <string_view>

namespace aqua::text {

/// The PCRE2 pattern, for Regex, that matches what the Oniguruma pattern matches. What differs and
/// is translated:
/// - \s, \d, \w and \p{…} follow Oniguruma's Unicode version: for instance PCRE2's \s has U+180E;
/// - X{n,m}+ repeats (possessive in PCRE2), X{n}? makes optional (lazy), X{,m} is {0,m} (literal);
/// - \v is a vertical tab (a class), \uHHHH a character (an error).
/// What is neither equal nor translated is a FormatError that starts with `context` and names it:
/// back references, nested classes and set operations, \b, \h, options other than i,
/// case-insensitive matching of characters whose case folding has several characters, and so on.
std::string translate_oniguruma(std::string_view pattern, std::string_view context);

/// Members of bracket expressions, in PCRE2 syntax, with the additions of newer Unicode versions.
/// A general category, e.g. "L" or "Lu".
std::string category_members(std::string_view category);
/// \w as Rust's regex crate has it.
std::string rust_word_members();

}  // namespace aqua::text
