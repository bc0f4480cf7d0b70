// Charts as the data that the page's script draws from.
#pragma once

#include <string>

#include "aqua/report/document.hpp"

namespace aqua::report::document {

/// {"cubes": [{"dimensions": [{"key", "label", "labels", "numbers"?}], "values", "low"?, "high"?}],
///  "charts": [{"id", "kind", "title", "valueLabel", "valueDimension", "cube", "x", "series",
///  "style", "chosen",
///              "intervalLabel", "xLog", "yLog", "fromZero"}]}
/// with every cube once, however many charts show it; what is not defined is null.
std::string charts_json(const Document& document);

}  // namespace aqua::report::document
