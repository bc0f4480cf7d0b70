// The engines behind make_product_engine.
#pragma once

#include <memory>

#include "aqua/linalg/products.hpp"

namespace aqua::linalg {

/// The reference: sgemm. B is kept as plain Bᵀ [n, k].
std::unique_ptr<ProductEngine> make_openblas_engine();
/// oneDNN's matmul primitive, with B in the blocked layout that it asks for. On a CPU without
/// avx512_bf16 the bfloat16 engine works (emulated where oneDNN can, otherwise an exception says
/// so), but slowly.
std::unique_ptr<ProductEngine> make_onednn_engine(ProductType type);

/// Whether oneDNN runs its AVX-512 kernels here.
bool onednn_has_avx512();

}  // namespace aqua::linalg
