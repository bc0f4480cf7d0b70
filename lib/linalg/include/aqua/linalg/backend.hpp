// Which BLAS kernels run, and whether they are the ones this CPU deserves.
#pragma once

#include <string>

namespace aqua::linalg {

struct Backend {
  std::string library;    ///< e.g. "OpenBLAS 0.3.21"
  std::string threading;  ///< how the library was built: "serial", "pthread" or "openmp"
  std::string kernels;    ///< what openblas_get_corename says, e.g. "SkylakeX"
  std::string
      cpu_level;  ///< widest vector instructions of this CPU: "AVX-512", "AVX2", "AVX", "baseline"
  std::string cpu_model;  ///< as the operating system names it
  std::string requested;  ///< value of OPENBLAS_CORETYPE, empty when unset
  bool held_back =
      false;  ///< the kernels use narrower vectors than the CPU has, because of `requested`
};

Backend backend();

/// One line for the user when `held_back`, otherwise empty.
std::string backend_warning(const Backend& backend);

/// "OpenBLAS 0.3.21 SkylakeX", for provenance.
std::string backend_summary(const Backend& backend);

/// Makes every BLAS and LAPACK call run on its calling thread. Parallelism is over sequences and
/// heads instead, which measures faster than threads inside each product. Call once at start.
void use_one_blas_thread();

}  // namespace aqua::linalg
