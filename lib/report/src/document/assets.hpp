// The files of lib/report/assets and the charting library, as the build embedded them.
#pragma once

#include <string_view>

namespace aqua::report::document {

std::string_view page_template();  ///< report.html
std::string_view page_style();     ///< report.css
std::string_view page_script();    ///< report.js
/// Vega 5 with its licence, defining the global `vega`.
std::string_view chart_library();

}  // namespace aqua::report::document
