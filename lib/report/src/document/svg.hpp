// A chart as a static picture. Vega, which draws the page's charts, needs a JavaScript engine, and
// Debian ships it for browsers only; for pictures beside Markdown, and for readers without scripts,
// two plain forms are enough to write by hand, and no dependency at run time is needed for them.
#pragma once

#include <string>
#include <string_view>

#include "aqua/report/document.hpp"

namespace aqua::report::document {

/// A whole SVG document of 720 units' width, text as text, light or dark as the reader prefers,
/// readable without colour: lines differ by dash and mark, heat cells by lightness.
std::string to_svg(const Chart& chart);

}  // namespace aqua::report::document
