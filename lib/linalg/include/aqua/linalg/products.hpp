// Products of activations with a matrix that is used many times: the model's weights, and the keys
// and values of a sequence. The matrix is brought once into the form that the fastest available
// kernels read, in float32 or bfloat16.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "aqua/core/matrix.hpp"
#include "aqua/linalg/blas.hpp"

namespace aqua::linalg {

/// The type in which factors enter a product. Sums and results are float32 in either case.
///  - float32: every element of X·B is off by at most γ_k·Σ|x_i·b_i|, γ_k = k·2⁻²⁴/(1 − k·2⁻²⁴).
///  - bfloat16: x and b are rounded to 8 significant bits first (to nearest, ties to even), a
///    relative error of 2⁻⁹ each, so that Σ|x_i·b_i|·2⁻⁸ is added to that bound.
enum class ProductType { float32, bfloat16 };

enum class ProductLibrary { openblas, onednn };

class ProductEngine;

/// B [k, n] as an engine keeps it. Filled by the engine that sized it, and used with that one only.
class PackedMatrix {
 public:
  int64_t rows() const { return rows_; }  ///< k
  int64_t cols() const { return cols_; }  ///< n
  int64_t bytes() const { return storage_.size() * static_cast<int64_t>(sizeof(float)); }

 private:
  friend class ProductEngine;
  std::byte* data() { return reinterpret_cast<std::byte*>(storage_.data()); }
  const std::byte* data() const { return reinterpret_cast<const std::byte*>(storage_.data()); }

  const ProductEngine* engine_ = nullptr;
  int64_t rows_ = 0;
  int64_t cols_ = 0;
  Matrix<float> storage_;  // bytes, aligned to 64
};

/// Multiplies with the kernels of one library in one type. Every product runs on its calling
/// thread; all members may be called from several threads at once (for pack_columns: on different
/// columns). Results depend on nothing but the operands. A violated extent is
/// std::invalid_argument.
class ProductEngine {
 public:
  virtual ~ProductEngine() = default;
  ProductEngine(const ProductEngine&) = delete;
  ProductEngine& operator=(const ProductEngine&) = delete;

  virtual ProductType type() const = 0;
  /// Library, version and kernels, for people and provenance: "oneDNN 2.6.3 AVX-512, float32".
  virtual std::string name() const = 0;

  /// pack_columns takes columns from multiples of this on.
  static constexpr int64_t column_unit = 64;
  /// Bytes of a packed B [k, n].
  int64_t packed_bytes(int64_t k, int64_t n) const;
  /// Makes `b` a [k, n] matrix, whose columns are to be packed before use. Memory is reused when
  /// the extents are unchanged.
  void resize(PackedMatrix& b, int64_t k, int64_t n) const;
  /// Columns [first, first + columns of op(source)) of B ← op(source) [k, …]. `first` is a multiple
  /// of column_unit, and so is the number of columns unless they are the last.
  void pack_columns(PackedMatrix& b, int64_t first, Op op, ConstMatrixView<float> source) const;
  /// B ← op(source), sized to it.
  void pack(PackedMatrix& b, Op op, ConstMatrixView<float> source) const;

  /// Y [m, n] ← X [m, k]·B. Y is not read.
  void multiply(ConstMatrixView<float> x, const PackedMatrix& b, MatrixView<float> y) const;
  /// Y ← Y + X·B.
  void multiply_add(ConstMatrixView<float> x, const PackedMatrix& b, MatrixView<float> y) const;

  /// Part of the products of X with several B: y[i] is X·B_i in some rows, and in some columns.
  struct Block {
    int64_t first_row = 0;
    int64_t first_column = 0;
    std::span<const MatrixView<float>> y;  ///< one per B, of the same extents; may be written to
  };
  using TakeBlock = std::function<void(const Block&)>;
  /// Hands the products X·B_i, all B_i [k, n] with k > 0, to `take` in blocks that cover them once.
  /// For results that are used up at once: a block is in the second-level cache when `take` gets
  /// it, and is gone when `take` returns, which calls no engine meanwhile.
  void multiply_blocks(ConstMatrixView<float> x, std::span<const PackedMatrix* const> b,
                       const TakeBlock& take) const;

 protected:
  ProductEngine() = default;

 private:
  struct Extents {
    int64_t k = 0;
    int64_t n = 0;
  };
  virtual int64_t do_packed_bytes(Extents b) const = 0;
  virtual void do_pack(std::byte* packed, Extents b, int64_t first, Op op,
                       ConstMatrixView<float> source) const = 0;
  virtual void do_multiply(ConstMatrixView<float> x, const std::byte* packed, bool add,
                           MatrixView<float> y) const = 0;
  virtual void do_multiply_blocks(ConstMatrixView<float> x, Extents b,
                                  std::span<const std::byte* const> packed,
                                  const TakeBlock& take) const = 0;
  void run(ConstMatrixView<float> x, const PackedMatrix& b, bool add, MatrixView<float> y) const;

  friend class OpenBlasEngine;
  friend class OneDnnEngine;
};

/// Whether this CPU multiplies bfloat16 in hardware (avx512_bf16) and oneDNN is allowed to use it
/// (its environment variable ONEDNN_MAX_CPU_ISA).
bool has_bfloat16_products();

/// The engine of that library. OpenBLAS has float32 only: std::invalid_argument otherwise.
std::unique_ptr<ProductEngine> make_product_engine(ProductLibrary library, ProductType type);

/// The fastest engine for the type on this CPU. float32: oneDNN where it has AVX-512 kernels (8 to
/// 17 % faster than OpenBLAS there, docs/performance.md), OpenBLAS elsewhere. bfloat16: oneDNN;
/// where has_bfloat16_products() is false, std::invalid_argument.
std::unique_ptr<ProductEngine> make_product_engine(ProductType type);

}  // namespace aqua::linalg
