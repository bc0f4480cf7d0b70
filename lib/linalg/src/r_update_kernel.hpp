// The inner loops of update_r_factor, for vectors of `lanes` doubles.
//
// [R; B] with R upper triangular is reduced to triangular form by Householder reflections that act
// on one row of R and all rows of B: H_c = I − tau·[e_c; v]·[e_c; v]ᵀ. They are found for a panel
// of `lanes` columns at a time and applied to the columns right of it together, in the compact WY
// form (Schreiber and Van Loan 1989) H_0 H_1 … = I − [E; V]·T·[E; V]ᵀ, as in LAPACK's dtpqrt. A
// panel is as wide as a vector, so that one pass over a panel's rows computes all the inner
// products of a column.
#pragma once

#include <cmath>
#include <cstdint>

namespace aqua::linalg {

template <int lanes>
struct VectorOf;
template <>
struct VectorOf<2> {
  using Type __attribute__((vector_size(16), may_alias)) = double;
};
template <>
struct VectorOf<4> {
  using Type __attribute__((vector_size(32), may_alias)) = double;
};
template <>
struct VectorOf<8> {
  using Type __attribute__((vector_size(64), may_alias)) = double;
};

template <int lanes>
class RUpdateKernel {
 public:
  /// R [cols, cols], row-major. B [rows, cols] in panels: columns [j, j + lanes) of all rows stand
  /// together, [cols / lanes][rows][lanes]. Both aligned to a vector. cols is a multiple of `lanes`
  /// and rows of row_multiple: zero columns and rows stay zero and change nothing.
  RUpdateKernel(double* r, double* b, int64_t rows, int64_t cols)
      : r_(r), b_(b), rows_(rows), cols_(cols) {}

  static constexpr int64_t row_multiple = 4;

  /// R becomes the triangular factor of [R; B], its diagonal of any sign. B is overwritten.
  void run() const {
    for (int64_t j = 0; j < cols_; j += lanes) {
      double t[lanes][lanes];
      factor_panel(j, t);
      int64_t k = j + lanes;
      for (; k + 2 * lanes <= cols_; k += 2 * lanes) apply_panel<2>(j, t, k);
      for (; k < cols_; k += lanes) apply_panel<1>(j, t, k);
    }
  }

 private:
  using Vector = typename VectorOf<lanes>::Type;
  static Vector& at(double* p) { return *reinterpret_cast<Vector*>(p); }

  /// Eliminates columns [j, j + lanes) of B, leaving the vectors V in their place and T in `t`.
  void factor_panel(int64_t j, double (&t)[lanes][lanes]) const {
    const int64_t size = rows_ * lanes;
    double* const panel = b_ + j * rows_;
    for (int c = 0; c < lanes; ++c) {
      double* const r_row = r_ + (j + c) * cols_ + j;
      // Inner products of column c with every column of the panel: finished vectors v on its left,
      // itself, and columns yet to be reduced on its right. Four sums hide the latency.
      Vector sum[row_multiple] = {};
      for (int64_t i = 0; i < size; i += row_multiple * lanes) {
#pragma GCC unroll 4
        for (int s = 0; s < row_multiple; ++s) {
          double* const row = panel + i + s * lanes;
          sum[s] += row[c] * at(row);
        }
      }
      const Vector inner = (sum[0] + sum[1]) + (sum[2] + sum[3]);

      for (int p = 0; p < lanes; ++p) t[p][c] = 0.0;
      if (inner[c] == 0.0) continue;  // nothing to eliminate: H_c = I
      const double alpha = r_row[c];
      const double beta = -std::copysign(std::sqrt(alpha * alpha + inner[c]), alpha);
      const double scale = 1.0 / (alpha - beta);
      const double tau = (beta - alpha) / beta;
      r_row[c] = beta;

      // Row i of the panel becomes keep·row + row[c]·add: v in column c, H_c applied on its right.
      Vector keep = {};
      Vector add = {};
      for (int k = 0; k < lanes; ++k) keep[k] = 1.0;
      keep[c] = 0.0;
      add[c] = scale;
      for (int k = c + 1; k < lanes; ++k) {
        const double w = tau * (r_row[k] + scale * inner[k]);
        r_row[k] -= w;
        add[k] = -scale * w;
      }
      for (int64_t i = 0; i < size; i += lanes) {
        double* const row = panel + i;
        at(row) = keep * at(row) + row[c] * add;
      }

      // T's column c: −tau·T·(Vᵀv) over the vectors before it.
      t[c][c] = tau;
      for (int p = 0; p < c; ++p) {
        double dot = 0.0;
        for (int q = p; q < c; ++q) dot += t[p][q] * inner[q];
        t[p][c] = -tau * scale * dot;
      }
    }
  }

  /// Applies the panel at column j to `width` vectors of columns from k on:
  /// W = Tᵀ·(R_j + VᵀB), R_j −= W, B −= V·W, with W in registers.
  template <int width>
  void apply_panel(int64_t j, const double (&t)[lanes][lanes], int64_t k) const {
    const int64_t size = rows_ * lanes;
    const int64_t cols = cols_;
    const double* const v = b_ + j * rows_;
    double* const b = b_ + k * rows_;
    double* const r = r_ + j * cols + k;
    Vector w[lanes][width];
#pragma GCC unroll 8
    for (int p = 0; p < lanes; ++p) {
#pragma GCC unroll 2
      for (int s = 0; s < width; ++s) w[p][s] = at(r + p * cols + s * lanes);
    }
    for (int64_t i = 0; i < size; i += lanes) {
#pragma GCC unroll 8
      for (int p = 0; p < lanes; ++p) {
#pragma GCC unroll 2
        for (int s = 0; s < width; ++s) w[p][s] += v[i + p] * at(b + i + s * size);
      }
    }
#pragma GCC unroll 8
    for (int p = lanes - 1; p >= 0; --p) {
#pragma GCC unroll 2
      for (int s = 0; s < width; ++s) {
        w[p][s] *= t[p][p];
#pragma GCC unroll 8
        for (int q = 0; q < p; ++q) w[p][s] += t[q][p] * w[q][s];
        at(r + p * cols + s * lanes) -= w[p][s];
      }
    }
    for (int64_t i = 0; i < size; i += lanes) {
      Vector row[width];
#pragma GCC unroll 2
      for (int s = 0; s < width; ++s) row[s] = at(b + i + s * size);
#pragma GCC unroll 8
      for (int p = 0; p < lanes; ++p) {
#pragma GCC unroll 2
        for (int s = 0; s < width; ++s) row[s] -= v[i + p] * w[p][s];
      }
#pragma GCC unroll 2
      for (int s = 0; s < width; ++s) at(b + i + s * size) = row[s];
    }
  }

  double* r_;
  double* b_;
  int64_t rows_;
  int64_t cols_;
};

}  // namespace aqua::linalg
