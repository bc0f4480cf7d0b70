#include <algorithm>

#include "aqua/linalg/backend.hpp"
#include "engines.hpp"

namespace aqua::linalg {

class OpenBlasEngine final : public ProductEngine {
 public:
  ProductType type() const override { return ProductType::float32; }
  std::string name() const override { return backend_summary(backend()) + ", float32"; }

 private:
  int64_t do_packed_bytes(Extents b) const override {
    return b.k * b.n * static_cast<int64_t>(sizeof(float));
  }

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
};

std::unique_ptr<ProductEngine> make_openblas_engine() { return std::make_unique<OpenBlasEngine>(); }

}  // namespace aqua::linalg
