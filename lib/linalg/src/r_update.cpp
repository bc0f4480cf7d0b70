// Calibration adds every query and key vector of a text to an R factor, so this is the one
// factorisation whose speed matters. Microseconds per row when a block of 512 rows is added, on one
// core of a Xeon with AVX-512 on which sgemm reaches 100 GFLOP/s (OpenBLAS 0.3.21, least of 100
// runs):
//
//                                                   d = 64    128    256
//   dgelqf of [R; block], as row-major memory is       1.8    5.9     21
//   dgeqrf of [R; block], transposed first             1.0    4.7     15
//   dgeqrt3, recursive, likewise                      0.84    2.7     13
//   dtpqrt, which knows that R is triangular          0.84    2.4     10
//   Cholesky QR, twice (dsyrk, dpotrf, dtrsm)          1.1    3.9     18
//   the Gram matrix alone (dsyrk)                     0.23    0.6    2.0
//   this file                                         0.33    0.9    3.4
//
// Only two come near the cost of the Gram matrix. One is its Cholesky factor, whose singular values
// are off by eps·s_0²/s: useless below s = sqrt(eps)·s_0. The other is this kernel. It is plain
// Householder QR, the reflections of dtpqrt, and so has a backward error of a small multiple of
// eps·‖[R; block]‖ for any input (Higham 2002, theorem 19.4): every singular value is right to
// that, whatever the condition number or rank, and neither a condition estimate nor a fallback is
// needed. Its speed comes from panels as wide as a vector and data packed so that all loops run
// over contiguous memory.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "aqua/core/error.hpp"
#include "aqua/linalg/qr.hpp"
#include "r_update_kernel.hpp"

namespace aqua::linalg {
namespace {

/// Rows eliminated at a time: enough to hide the work per column, few enough that a panel and the
/// columns it is applied to stay in the first-level cache.
constexpr int64_t rows_per_block = 128;
constexpr int64_t widest_vector = 8;

int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Scratch of one call. R is padded to `cols` columns, a multiple of any vector.
template <class T>
struct Job {
  ConstMatrixView<T> rows;
  double scale;          ///< applied to the rows as they are packed; R has it already
  Matrix<double> r;      ///< [cols, cols]
  Matrix<double> block;  ///< [rows_per_block or less, cols]
};

/// Packs rows [first, first + count) of the job for the kernel, with zeros as padding.
template <int lanes, class T>
inline void pack(Job<T>& job, int64_t first, int64_t count, int64_t padded_count) {
  double* out = job.block.data();
  for (int64_t j = 0; j < job.r.cols(); j += lanes) {
    const int64_t width = std::clamp<int64_t>(job.rows.cols() - j, 0, lanes);
    for (int64_t i = 0; i < padded_count; ++i, out += lanes) {
      if (i < count && width == lanes) {
        const T* const row = &job.rows(first + i, j);
        for (int l = 0; l < lanes; ++l) out[l] = job.scale * static_cast<double>(row[l]);
      } else {
        for (int l = 0; l < lanes; ++l) {
          const bool inside = i < count && l < width;
          out[l] = inside ? job.scale * static_cast<double>(job.rows(first + i, j + l)) : 0.0;
        }
      }
    }
  }
}

template <int lanes, class T>
inline void run(Job<T>& job) {
  using Kernel = RUpdateKernel<lanes>;
  for (int64_t first = 0; first < job.rows.rows(); first += rows_per_block) {
    const int64_t count = std::min(rows_per_block, job.rows.rows() - first);
    const int64_t padded_count = round_up(count, Kernel::row_multiple);
    pack<lanes>(job, first, count, padded_count);
    Kernel(job.r.data(), job.block.data(), padded_count, job.r.cols()).run();
  }
}

// The same code, compiled for each level of vector instructions; `flatten` takes all callees along.
#if defined(__x86_64__)
template <class T>
__attribute__((target("arch=x86-64-v4"), flatten)) void run_avx512(Job<T>& job) {
  run<8>(job);
}
template <class T>
__attribute__((target("arch=x86-64-v3"), flatten)) void run_avx2(Job<T>& job) {
  run<4>(job);
}
#endif

template <class T>
void run_on_this_cpu(Job<T>& job) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return run_avx512(job);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
    return run_avx2(job);
  }
#endif
  run<2>(job);
}

/// max |a|; infinite or NaN when a holds such a value. Compares bits, in which NaN > infinity > all
/// others.
template <class T>
T largest_magnitude(ConstMatrixView<T> a) {
  using Bits = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  Bits largest = 0;
  for (int64_t i = 0; i < a.rows(); ++i) {
    for (const T value : a.row(i)) {
      largest = std::max(largest, std::bit_cast<Bits>(value) & std::numeric_limits<Bits>::max());
    }
  }
  return std::bit_cast<T>(largest);
}

template <class T>
[[noreturn]] void fail_not_finite(ConstMatrixView<T> rows) {
  for (int64_t i = 0; i < rows.rows(); ++i) {
    for (int64_t j = 0; j < rows.cols(); ++j) {
      if (!std::isfinite(rows(i, j))) {
        fail<NumericalError>("R factor: row {} of {} holds {} in column {}", i, rows.rows(),
                             rows(i, j), j);
      }
    }
  }
  fail<NumericalError>("R factor: holds a value that is not finite");
}

/// A power of two that brings `largest` to 1 if squares of such values could leave double's range,
/// otherwise 1.
double safe_scale(double largest) {
  constexpr double limit = 0x1p400;
  const bool safe = largest == 0.0 || (largest <= limit && largest >= 1.0 / limit);
  return safe ? 1.0 : std::ldexp(1.0, -std::clamp(std::ilogb(largest), -1000, 1000));
}

template <class T>
void update(ConstMatrixView<T> rows, MatrixView<double> r) {
  const int64_t n = r.cols();
  if (r.rows() != n || rows.cols() != n) {
    fail<std::invalid_argument>("update_r_factor: rows are [{}, {}], R [{}, {}]", rows.rows(),
                                rows.cols(), r.rows(), r.cols());
  }
  const double largest_in_rows = largest_magnitude(rows);
  const double largest_in_r = largest_magnitude<double>(r);
  if (!std::isfinite(largest_in_rows) || !std::isfinite(largest_in_r)) fail_not_finite(rows);

  const double scale = safe_scale(std::max(largest_in_rows, largest_in_r));
  const int64_t cols = round_up(n, widest_vector);
  const int64_t block =
      std::min(rows_per_block, round_up(rows.rows(), RUpdateKernel<widest_vector>::row_multiple));
  Job<T> job{rows, scale, Matrix<double>(cols, cols), Matrix<double>(block, cols)};
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i; j < n; ++j) job.r(i, j) = scale * r(i, j);
  }
  run_on_this_cpu(job);
  for (int64_t i = 0; i < n; ++i) {
    const double unscale = (job.r(i, i) < 0.0 ? -1.0 : 1.0) / scale;
    for (int64_t j = i; j < n; ++j) job.r(i, j) *= unscale;
  }
  if (!std::isfinite(largest_magnitude<double>(job.r.view()))) {
    fail<NumericalError>("R factor: overflow of double precision");
  }
  for (int64_t i = 0; i < n; ++i) {
    const auto row = r.row(i);
    std::fill_n(row.begin(), i, 0.0);
    std::copy_n(job.r.row(i).begin() + i, n - i, row.begin() + i);
  }
}

}  // namespace

void update_r_factor(ConstMatrixView<float> rows, MatrixView<double> r) { update(rows, r); }
void update_r_factor(ConstMatrixView<double> rows, MatrixView<double> r) { update(rows, r); }

}  // namespace aqua::linalg
