// LAPACK sees the row-major A [m,n] as the column-major Aᵀ [n,m] and finds Aᵀ = V·diag(s)·Uᵀ: its
// left vectors are V, and its right vectors, transposed and column-major, are a row-major U in
// place. Only V has to be transposed.
#include "svd_drivers.hpp"

#include "lapack.hpp"

namespace aqua::linalg {
namespace {

struct SvdProblem {
  explicit SvdProblem(ConstMatrixView<double> source)
      : a(Matrix<double>::copy_of(source)),
        rows(blas_int(source.cols(), "svd")),
        cols(blas_int(source.rows(), "svd")),
        rank(std::min(rows, cols)),
        v_transposed(rank, rows),
        result{
            Matrix<double>(cols, rank), std::vector<double>(static_cast<std::size_t>(rank)), {}} {}

  /// What the routine's return code means: the factors, or nothing when it did not converge.
  std::optional<Svd> finish(lapack_int info, std::string_view routine) {
    require_valid_arguments(info, routine);
    if (info > 0) return std::nullopt;
    result.v = Matrix<double>(rows, rank);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < rank; ++j) result.v(i, j) = v_transposed(j, i);
    }
    return std::move(result);
  }

  Matrix<double> a;  ///< overwritten
  lapack_int rows;   ///< of Aᵀ
  lapack_int cols;
  lapack_int rank;  ///< min(rows, cols): how many singular triplets there are
  Matrix<double> v_transposed;
  Svd result;
};

}  // namespace

std::optional<Svd> svd_by_divide_and_conquer(ConstMatrixView<double> a) {
  SvdProblem p(a);
  std::vector<lapack_int> integers(8 * static_cast<std::size_t>(p.rank));
  lapack_int info = 0;
  const auto run = [&](double* work, lapack_int lwork) {
    LAPACK_dgesdd("S", &p.rows, &p.cols, p.a.data(), &p.rows, p.result.s.data(),
                  p.v_transposed.data(), &p.rows, p.result.u.data(), &p.rank, work, &lwork,
                  integers.data(), &info);
  };
  double answer = 0.0;
  run(&answer, -1);
  require_success(info, "dgesdd");
  std::vector<double> work(static_cast<std::size_t>(workspace_length(answer, "dgesdd")));
  run(work.data(), static_cast<lapack_int>(work.size()));
  return p.finish(info, "dgesdd");
}

std::optional<Svd> svd_by_qr_iteration(ConstMatrixView<double> a) {
  SvdProblem p(a);
  lapack_int info = 0;
  const auto run = [&](double* work, lapack_int lwork) {
    LAPACK_dgesvd("S", "S", &p.rows, &p.cols, p.a.data(), &p.rows, p.result.s.data(),
                  p.v_transposed.data(), &p.rows, p.result.u.data(), &p.rank, work, &lwork, &info);
  };
  double answer = 0.0;
  run(&answer, -1);
  require_success(info, "dgesvd");
  std::vector<double> work(static_cast<std::size_t>(workspace_length(answer, "dgesvd")));
  run(work.data(), static_cast<lapack_int>(work.size()));
  return p.finish(info, "dgesvd");
}

}  // namespace aqua::linalg
