// Dense row-major matrices: views with named extents, and an owning type.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "aqua/core/aligned_memory.hpp"

namespace aqua {

/// A strided window on row-major data: element (r, c) stands at data[r·stride + c]. Does not own.
/// Invariants (the caller's to keep): rows, cols >= 0 and stride >= cols.
template <class T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, int64_t rows, int64_t cols, int64_t stride)
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {}
  MatrixView(T* data, int64_t rows, int64_t cols) : MatrixView(data, rows, cols, cols) {}

  /// A view that may write also serves where one that only reads is asked for.
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data_, rows_, cols_, stride_};
  }

  T* data() const { return data_; }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  /// Elements from one row's start to the next one's.
  int64_t stride() const { return stride_; }
  bool empty() const { return rows_ == 0 || cols_ == 0; }

  T& operator()(int64_t row, int64_t col) const { return data_[row * stride_ + col]; }
  std::span<T> row(int64_t r) const {
    return {data_ + r * stride_, static_cast<std::size_t>(cols_)};
  }
  /// Rows [first, first + count).
  MatrixView rows(int64_t first, int64_t count) const {
    return {data_ + first * stride_, count, cols_, stride_};
  }
  /// Columns [first, first + count).
  MatrixView columns(int64_t first, int64_t count) const {
    return {data_ + first, rows_, count, stride_};
  }

 private:
  T* data_ = nullptr;
  int64_t rows_ = 0;
  int64_t cols_ = 0;
  int64_t stride_ = 0;
};

template <class T>
using ConstMatrixView = MatrixView<const T>;

/// An owning, contiguous, zero-initialised row-major matrix, aligned to 64 bytes. Copies are
/// explicit (`clone`), so that their cost shows.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(int64_t rows, int64_t cols) : data_(allocate(rows * cols)), rows_(rows), cols_(cols) {
    std::fill_n(data_.get(), rows * cols, T{});
  }
  Matrix(Matrix&&) noexcept = default;
  Matrix& operator=(Matrix&&) noexcept = default;

  /// Elements without a value, for those who write all of them before reading: memory is first
  /// touched where it is first used, by the thread that uses it.
  static Matrix uninitialised(int64_t rows, int64_t cols) {
    Matrix m;
    m.data_ = allocate(rows * cols);
    m.rows_ = rows;
    m.cols_ = cols;
    return m;
  }
  static Matrix identity(int64_t n) {
    Matrix m(n, n);
    for (int64_t i = 0; i < n; ++i) m(i, i) = T{1};
    return m;
  }
  /// A copy of the view's elements, converted to T.
  template <class U>
  static Matrix copy_of(MatrixView<U> source) {
    Matrix m(source.rows(), source.cols());
    for (int64_t r = 0; r < source.rows(); ++r) {
      std::transform(source.row(r).begin(), source.row(r).end(), m.row(r).begin(),
                     [](auto value) { return static_cast<T>(value); });
    }
    return m;
  }
  Matrix clone() const { return copy_of(view()); }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t size() const { return rows_ * cols_; }
  bool empty() const { return size() == 0; }

  T& operator()(int64_t r, int64_t c) { return data_.get()[r * cols_ + c]; }
  const T& operator()(int64_t r, int64_t c) const { return data_.get()[r * cols_ + c]; }
  std::span<T> row(int64_t r) { return view().row(r); }
  std::span<const T> row(int64_t r) const { return view().row(r); }

  MatrixView<T> view() { return {data_.get(), rows_, cols_}; }
  MatrixView<const T> view() const { return {data_.get(), rows_, cols_}; }
  operator MatrixView<T>() { return view(); }
  operator MatrixView<const T>() const { return view(); }

 private:
  using Storage = std::unique_ptr<T[], FreeAligned>;
  static Storage allocate(int64_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto elements = static_cast<std::size_t>(std::max<int64_t>(count, 1));
    return Storage(static_cast<T*>(allocate_aligned(elements * sizeof(T))));
  }

  Storage data_;
  int64_t rows_ = 0;
  int64_t cols_ = 0;
};

}  // namespace aqua
