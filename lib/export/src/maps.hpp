// What an export does to a map between the calibration and the file.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/core/matrix.hpp"
#include "aqua/store/projection_file.hpp"

namespace aqua::exporter {

/// A map [d, d] of vectors in one layout of the rotary dimensions becomes that of the same vectors
/// in the other: rows are permuted, of the leading `rotary_dims` only. `from` and `to` are half or
/// interleaved. x_interleaved[2i] = x_half[i], x_interleaved[2i + 1] = x_half[i + r/2].
Matrix<double> permute_rows(ConstMatrixView<double> map, capture::RopeLayout from,
                            capture::RopeLayout to, int64_t rotary_dims);

/// Appends the map's first `columns` columns, row by row, each number rounded to `type` (nearest,
/// ties to even). UsageError, starting with `context`, when the type cannot hold them: a number is
/// beyond its range, or a column loses more than 2^-10 of its norm (numbers below its range).
void append_rounded(ConstMatrixView<double> map, int64_t columns, store::MapType type,
                    std::string_view context, std::vector<float>& values);

}  // namespace aqua::exporter
