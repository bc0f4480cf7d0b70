// CSV as RFC 4180 has it, with \n line ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aqua::report {

/// The field, in quotes when it holds a comma, a quote or a line break.
std::string csv_field(std::string_view text);
/// The shortest form that reads back as the same double; empty when it is not finite.
std::string csv_number(double value);
/// The fields, already in that form, as one line.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace aqua::report
