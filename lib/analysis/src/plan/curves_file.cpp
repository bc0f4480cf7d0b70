#include "aqua/analysis/curves_file.hpp"

#include <algorithm>
#include <array>

#include "part_file.hpp"

namespace aqua::analysis {
namespace {

constexpr std::string_view curves_format = "aqua-curves-part";

std::array<int64_t, 2> extents_of(const LossCurves& curves) {
  return {curves.layers * curves.heads.kv_heads, curves.heads.head_dim / curves.step};
}

}  // namespace

void write_curves(const std::filesystem::path& path, const LossCurves& curves) {
  PartWriter part;
  const auto extents = extents_of(curves);
  part.add("values", {extents.begin(), extents.end()},
           std::span(curves.values.data(), static_cast<std::size_t>(curves.values.size())));
  part.write(path, curves_format);
}

void read_curves(const std::filesystem::path& path, LossCurves& curves) {
  const auto file = open_part(path, curves_format);
  const auto extents = extents_of(curves);
  const std::vector<double> values = part_values<double>(*file, "values", extents);
  curves.values = Matrix<double>(extents[0], extents[1]);
  std::ranges::copy(values, curves.values.data());
}

}  // namespace aqua::analysis
