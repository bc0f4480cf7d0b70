// Line charts as SVG.
#pragma once

#include <string>

#include "aqua/report/document.hpp"

namespace aqua::report::document {

std::string lines_svg(const Chart& chart);

}  // namespace aqua::report::document
