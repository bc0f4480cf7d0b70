#include "unicode/additions.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

namespace aqua::text {
namespace {

struct CaseShift {
  char32_t first;
  char32_t last;
  int32_t shift;  // from upper to lower case
};

#include "unicode/additions.inc"

// The range that holds the code point, or null.
template <class Range>
const Range* find_range(std::span<const Range> ranges, char32_t code_point) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code_point,
                       [](char32_t value, const Range& range) { return value < range.first; });
  if (after == ranges.begin()) return nullptr;
  const Range& range = *std::prev(after);
  return code_point <= range.last ? &range : nullptr;
}

}  // namespace

std::span<const CategoryRange> category_additions() { return kCategoryAdditions; }

bool is_normalization_inert(char32_t code_point) {
  return find_range(std::span<const CodePointRange>(kNormalizationInert), code_point) != nullptr;
}

bool is_grapheme_extension(char32_t code_point) {
  return find_range(std::span<const CodePointRange>(kGraphemeExtensions), code_point) != nullptr;
}

char32_t lower_case(char32_t code_point) {
  if (const CaseShift* range =
          find_range(std::span<const CaseShift>(kLowercaseAdditions), code_point)) {
    return static_cast<char32_t>(static_cast<int32_t>(code_point) + range->shift);
  }
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)));
}

}  // namespace aqua::text
