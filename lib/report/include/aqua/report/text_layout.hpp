// How text lies in a terminal: display widths, padding, wrapping, and making foreign text harmless.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aqua::report {

/// Columns that a terminal uses for UTF-8 text: combining marks take none, East Asian wide
/// characters two. Bytes that are not UTF-8 count as one each.
std::size_t display_width(std::string_view text);

enum class Align { left, right };

/// The text with spaces added up to `width` columns; unchanged when it is wider.
std::string pad(std::string_view text, std::size_t width, Align align);

/// The text broken at spaces into lines of at most `width` columns, each after `indent` spaces that
/// count as well; a word wider than that stands alone. Ends with a newline unless the text is
/// empty.
std::string wrap(std::string_view text, std::size_t width = 80, std::size_t indent = 0);

/// The text with control characters and bytes that are not UTF-8 written as \xNN, so that names and
/// metadata from files cannot steer the terminal. Newlines and tabs are escaped too.
std::string printable(std::string_view text);

}  // namespace aqua::report
