// Heat maps as SVG.
#pragma once

#include <string>

#include "aqua/report/document.hpp"

namespace aqua::report::document {

std::string heat_svg(const Chart& chart);

}  // namespace aqua::report::document
