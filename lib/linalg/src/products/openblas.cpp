#include <algorithm>
#include <vector>

#include "aqua/linalg/backend.hpp"
#include "buffer.hpp"
#include "engines.hpp"

namespace aqua::linalg {

namespace {

// A block of multiply_blocks: large enough that sgemm's own copies of both factors cost little.
constexpr int64_t block_rows = 512;
constexpr int64_t block_columns = 512;

}  // namespace

class OpenBlasEngine final : public ProductEngine {
 public:
  ProductType type() const override { return ProductType::float32; }
  std::string name() const override { return backend_summary(backend()) + ", float32"; }

 private:
  static constexpr int64_t element_bytes = sizeof(float);

  int64_t do_packed_bytes(Extents b) const override { return b.k * b.n * element_bytes; }

  void do_pack(std::byte* packed, Extents b, int64_t first, Op op,
               ConstMatrixView<float> source) const override {
    const int64_t n = op == Op::none ? source.cols() : source.rows();
    const MatrixView<float> out(reinterpret_cast<float*>(packed) + first * b.k, n, b.k);
    for (int64_t r = 0; r < n; ++r) {
      if (op == Op::transpose) {
        std::ranges::copy(source.row(r), out.row(r).begin());
      } else {
        for (int64_t c = 0; c < b.k; ++c) out(r, c) = source(c, r);
      }
    }
  }

  void do_multiply(ConstMatrixView<float> x, const std::byte* packed, bool add,
                   MatrixView<float> y) const override {
    const ConstMatrixView<float> b(reinterpret_cast<const float*>(packed), y.cols(), x.cols());
    gemm(Op::none, Op::transpose, 1.0F, x, b, add ? 1.0F : 0.0F, y);
  }

  void do_multiply_blocks(ConstMatrixView<float> x, Extents b,
                          std::span<const std::byte* const> packed,
                          const TakeBlock& take) const override {
    thread_local Buffer results;
    std::vector<MatrixView<float>> y(packed.size());
    for (int64_t row = 0; row < x.rows(); row += block_rows) {
      const int64_t rows = std::min(block_rows, x.rows() - row);
      for (int64_t column = 0; column < b.n; column += block_columns) {
        const int64_t columns = std::min(block_columns, b.n - column);
        float* result = results.floats(std::ssize(packed) * rows * columns);
        for (std::size_t i = 0; i < packed.size(); ++i, result += rows * columns) {
          y[i] = {result, rows, columns};
          do_multiply(x.rows(row, rows), packed[i] + column * b.k * element_bytes, false, y[i]);
        }
        take({row, column, y});
      }
    }
  }
};

std::unique_ptr<ProductEngine> make_openblas_engine() { return std::make_unique<OpenBlasEngine>(); }

}  // namespace aqua::linalg
