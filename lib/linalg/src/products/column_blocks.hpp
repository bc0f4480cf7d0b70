// The layout in which oneDNN's AVX-512 kernels read B.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aqua::linalg {

/// Writes columns into blocks of 64 that stand one after the other: a block is a matrix of units of
/// 4 bytes, [units of a column, a multiple of 16][64 columns]; a unit is one float32, or the
/// bfloat16 of two neighbouring rows. oneDNN calls it BA16a64b and BA16a64b2a. What has no source
/// becomes 0.
///
/// Column j, of `column_bytes` bytes, stands at columns + j·stride_bytes. Reads every column once,
/// a cache line at a time; oneDNN's own conversion of columns takes three times as long.
void pack_column_blocks(const std::byte* columns, std::size_t stride_bytes,
                        std::size_t column_bytes, int64_t count, std::byte* packed);

}  // namespace aqua::linalg
