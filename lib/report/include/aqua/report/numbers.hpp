// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aqua::report {

/// 1234567 → "1,234,567".
std::string grouped(int64_t value);
/// 5, "document" → "5 documents"; 1, "document" → "1 document".
std::string counted(int64_t value, std::string_view noun);
/// `digits` after the point; "-" when not finite (a measure that is not defined).
std::string fixed(double value, int digits);
/// `digits` significant ones; "-" when not finite.
std::string significant(double value, int digits);
/// 0.1234 → "12.3 %"; "-" when not finite.
std::string percent(double share);
/// Decimal units: 15413704 → "15.4 MB".
std::string byte_size(int64_t bytes);
/// 12.34 → "12.3 s", 75 → "1 min 15 s", 3725 → "1 h 02 min".
std::string duration(double seconds);

}  // namespace aqua::report
