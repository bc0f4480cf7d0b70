#include "maps.hpp"

#include <cmath>

#include "aqua/core/error.hpp"
#include "types.hpp"

namespace aqua::exporter {
namespace {

// A rounding of normal numbers changes each by at most 2^-11 of itself in float16, 2^-8 in
// bfloat16; only numbers below float16's range can make a column lose more.
constexpr double most_loss = 0x1p-10;

std::vector<float> rounded(const std::vector<float>& values, formats::DType type) {
  std::vector<std::byte> stored(values.size() * static_cast<std::size_t>(formats::size_of(type)));
  formats::from_float32(type, values, stored);
  std::vector<float> result(values.size());
  formats::to_float32(type, stored, result);
  return result;
}

void check_loss(const std::vector<float>& exact, const std::vector<float>& stored, int64_t columns,
                std::string_view context) {
  const auto rows = static_cast<int64_t>(exact.size()) / columns;
  for (int64_t c = 0; c < columns; ++c) {
    double norm = 0.0;
    double error = 0.0;
    for (int64_t r = 0; r < rows; ++r) {
      const auto i = static_cast<std::size_t>(r * columns + c);
      norm += std::pow(exact[i], 2);
      error += std::pow(double{exact[i]} - stored[i], 2);
    }
    if (!(std::sqrt(error) <= most_loss * std::sqrt(norm))) {
      fail<UsageError>(
          "{}: float16 cannot hold column {} (norm {:.3g}); expected float32 or bfloat16", context,
          c, std::sqrt(norm));
    }
  }
}

}  // namespace

Matrix<double> permute_rows(ConstMatrixView<double> map, capture::RopeLayout from,
                            capture::RopeLayout to, int64_t rotary_dims) {
  Matrix<double> result = Matrix<double>::copy_of(map);
  if (from == to) return result;
  const bool to_interleaved = to == capture::RopeLayout::interleaved;
  for (int64_t i = 0; i < rotary_dims; ++i) {
    const int64_t half = i / 2 + (i % 2) * (rotary_dims / 2);  // where interleaved dimension i is
    const auto source = map.row(to_interleaved ? half : i);
    std::ranges::copy(source, result.row(to_interleaved ? i : half).begin());
  }
  return result;
}

void append_rounded(ConstMatrixView<double> map, int64_t columns, store::MapType type,
                    std::string_view context, std::vector<float>& values) {
  std::vector<float> exact;
  for (int64_t r = 0; r < map.rows(); ++r) {
    for (int64_t c = 0; c < columns; ++c) exact.push_back(static_cast<float>(map(r, c)));
  }
  const std::vector<float> stored = rounded(exact, dtype_of(type));
  if (type == store::MapType::float16) check_loss(exact, stored, columns, context);
  values.insert(values.end(), stored.begin(), stored.end());
}

}  // namespace aqua::exporter
