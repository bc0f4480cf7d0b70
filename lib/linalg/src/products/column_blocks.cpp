#include "column_blocks.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace aqua::linalg {
namespace {

constexpr std::size_t block_columns = 64;
constexpr std::size_t line_units = 16;
using Line = std::array<uint32_t, line_units>;

}  // namespace

void pack_column_blocks(const std::byte* columns, std::size_t stride_bytes,
                        std::size_t column_bytes, int64_t count, std::byte* packed) {
  const auto total = static_cast<std::size_t>(count);
  for (std::size_t first = 0; first < total; first += block_columns) {
    const std::size_t present = std::min(block_columns, total - first);
    for (std::size_t at = 0; at < column_bytes; at += sizeof(Line)) {
      const std::size_t bytes = std::min(sizeof(Line), column_bytes - at);
      std::array<std::array<uint32_t, block_columns>, line_units> block{};
      for (std::size_t j = 0; j < present; ++j) {
        Line line{};
        std::memcpy(line.data(), columns + (first + j) * stride_bytes + at, bytes);
        for (std::size_t unit = 0; unit < line_units; ++unit) block[unit][j] = line[unit];
      }
      std::memcpy(packed, block.data(), sizeof(block));
      packed += sizeof(block);
    }
  }
}

}  // namespace aqua::linalg
