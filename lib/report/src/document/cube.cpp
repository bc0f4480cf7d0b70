#include <limits>

#include "aqua/core/checked.hpp"
#include "aqua/report/document.hpp"

namespace aqua::report::document {

namespace {
/// 512 MiB of values, and half a gigabyte of page: more than a reader can open.
constexpr int64_t most_numbers = int64_t{1} << 26;
}  // namespace

Cube Cube::make(std::vector<Dimension> dimensions, bool intervals, std::string_view context) {
  int64_t count = 1;
  for (const Dimension& dimension : dimensions) {
    count = checked_multiply(count, static_cast<int64_t>(dimension.labels.size()), context);
  }
  if (count > most_numbers) {
    fail<FormatError>("{}: expected at most {} numbers to show together, found {}", context,
                      most_numbers, count);
  }
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  Cube cube;
  cube.dimensions = std::move(dimensions);
  cube.values.assign(static_cast<std::size_t>(count), undefined);
  if (intervals) {
    cube.low = cube.values;
    cube.high = cube.values;
  }
  return cube;
}

std::size_t Cube::at(std::span<const std::size_t> places) const {
  std::size_t index = 0;
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    index = index * dimensions[d].labels.size() + places[d];
  }
  return index;
}

std::size_t Cube::dimension(std::string_view key) const {
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    if (dimensions[d].key == key) return d;
  }
  fail<Error>("there is no dimension \"{}\"", key);
}

}  // namespace aqua::report::document
