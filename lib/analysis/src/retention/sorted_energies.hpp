// Energy in the first k and in the k largest dimensions of vectors, for several k at once.
#pragma once

#include <cstdint>
#include <span>

#include "aqua/core/matrix.hpp"

namespace aqua::analysis {

/// out(t, i) = Σ_{c < kept[i]} x(t, c)². x [n,d], out [n, kept.size()], 0 <= kept[i] <= d.
void leading_energies(ConstMatrixView<float> x, std::span<const int64_t> kept,
                      MatrixView<double> out);

/// out(t, i) = the sum of the kept[i] largest of x(t, ·)².
void largest_energies(ConstMatrixView<float> x, std::span<const int64_t> kept,
                      MatrixView<double> out);

}  // namespace aqua::analysis
