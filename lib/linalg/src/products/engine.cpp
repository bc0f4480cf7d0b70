// What all engines share: extents are checked once, here.
#include <stdexcept>
#include <vector>

#include "../arguments.hpp"
#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "aqua/linalg/products.hpp"
#include "engines.hpp"

namespace aqua::linalg {

int64_t ProductEngine::packed_bytes(int64_t k, int64_t n) const {
  if (k < 0 || n < 0) fail<std::invalid_argument>("packed matrix: extents [{}, {}]", k, n);
  return do_packed_bytes({k, n});
}

void ProductEngine::resize(PackedMatrix& b, int64_t k, int64_t n) const {
  if (b.engine_ == this && b.rows_ == k && b.cols_ == n) return;
  const int64_t bytes = packed_bytes(k, n);
  b.storage_ = {};  // before the new memory is taken
  b.storage_ = Matrix<float>::uninitialised(1, (bytes + 3) / 4);
  b.engine_ = this;
  b.rows_ = k;
  b.cols_ = n;
}

void ProductEngine::pack_columns(PackedMatrix& b, int64_t first, Op op,
                                 ConstMatrixView<float> source) const {
  const int64_t k = op == Op::none ? source.rows() : source.cols();
  const int64_t n = op == Op::none ? source.cols() : source.rows();
  if (b.engine_ != this || k != b.rows_ || first < 0 || n > b.cols_ - first ||
      first % column_unit != 0 || (n % column_unit != 0 && first + n != b.cols_)) {
    fail<std::invalid_argument>("pack_columns: B is [{}, {}], op(source) [{}, {}] from column {}",
                                b.rows_, b.cols_, k, n, first);
  }
  leading_dimension(source, "pack_columns", "source");
  if (k == 0 || n == 0) return;
  do_pack(b.data(), {b.rows_, b.cols_}, first, op, source);
}

void ProductEngine::pack(PackedMatrix& b, Op op, ConstMatrixView<float> source) const {
  resize(b, op == Op::none ? source.rows() : source.cols(),
         op == Op::none ? source.cols() : source.rows());
  pack_columns(b, 0, op, source);
}

void ProductEngine::run(ConstMatrixView<float> x, const PackedMatrix& b, bool add,
                        MatrixView<float> y) const {
  if (b.engine_ != this || x.cols() != b.rows_ || y.cols() != b.cols_ || y.rows() != x.rows()) {
    fail<std::invalid_argument>("multiply: X is [{}, {}], B [{}, {}], Y [{}, {}]", x.rows(),
                                x.cols(), b.rows_, b.cols_, y.rows(), y.cols());
  }
  leading_dimension(x, "multiply", "X");
  leading_dimension(y, "multiply", "Y");
  if (y.empty()) return;
  if (x.cols() == 0) {  // an empty sum
    for (int64_t r = 0; !add && r < y.rows(); ++r) std::ranges::fill(y.row(r), 0.0F);
    return;
  }
  do_multiply(x, b.data(), add, y);
}

void ProductEngine::multiply(ConstMatrixView<float> x, const PackedMatrix& b,
                             MatrixView<float> y) const {
  run(x, b, false, y);
}

void ProductEngine::multiply_add(ConstMatrixView<float> x, const PackedMatrix& b,
                                 MatrixView<float> y) const {
  run(x, b, true, y);
}

void ProductEngine::multiply_blocks(ConstMatrixView<float> x,
                                    std::span<const PackedMatrix* const> b,
                                    const TakeBlock& take) const {
  std::vector<const std::byte*> packed;
  for (const PackedMatrix* each : b) {
    if (each->engine_ != this || each->rows_ != x.cols() || each->cols_ != b.front()->cols_ ||
        x.cols() == 0) {
      fail<std::invalid_argument>("multiply_blocks: X is [{}, {}], B [{}, {}] and [{}, {}]",
                                  x.rows(), x.cols(), b.front()->rows_, b.front()->cols_,
                                  each->rows_, each->cols_);
    }
    packed.push_back(each->data());
  }
  leading_dimension(x, "multiply_blocks", "X");
  if (b.empty() || x.rows() == 0 || b.front()->cols_ == 0) return;
  do_multiply_blocks(x, {b.front()->rows_, b.front()->cols_}, packed, take);
}

std::unique_ptr<ProductEngine> make_product_engine(ProductLibrary library, ProductType type) {
  if (library == ProductLibrary::onednn) return make_onednn_engine(type);
  if (type != ProductType::float32) {
    fail<std::invalid_argument>("OpenBLAS products: expected float32");
  }
  return make_openblas_engine();
}

std::unique_ptr<ProductEngine> make_product_engine(ProductType type) {
  if (type == ProductType::bfloat16) {
    if (!has_bfloat16_products()) {
      fail<std::invalid_argument>("bfloat16 products: this CPU has none");
    }
    return make_onednn_engine(type);
  }
  return onednn_has_avx512() ? make_onednn_engine(type) : make_openblas_engine();
}

}  // namespace aqua::linalg
