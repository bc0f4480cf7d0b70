// Singular values and leading subspaces against numpy (tests/golden/projection).
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "statistics.hpp"

namespace aqua::projection {
namespace {

struct Subspace {
  int64_t rank = 0;
  double gap = 0.0;
  Matrix<double> projector;
};

struct Golden {
  Matrix<float> data;
  std::vector<double> singular_values;
  std::vector<Subspace> subspaces;
};

class Reader {
 public:
  explicit Reader(const std::string& name)
      : file_(std::filesystem::path(AQUA_SOURCE_DIR) / "tests/golden/projection" / (name + ".bin"),
              std::ios::binary) {
    file_.exceptions(std::ios::failbit | std::ios::badbit | std::ios::eofbit);
  }
  template <class T>
  T value() {
    T result{};
    values(&result, 1);
    return result;
  }
  template <class T>
  void values(T* out, int64_t count) {
    file_.read(reinterpret_cast<char*>(out), count * static_cast<int64_t>(sizeof(T)));
  }

 private:
  std::ifstream file_;
};

Golden read_golden(const std::string& name) {
  Reader reader(name);
  const auto rows = reader.value<int64_t>();
  const auto cols = reader.value<int64_t>();
  const auto subspaces = reader.value<int64_t>();
  Golden golden{.data = Matrix<float>(rows, cols),
                .singular_values = std::vector<double>(static_cast<std::size_t>(cols)),
                .subspaces = {}};
  reader.values(golden.data.data(), golden.data.size());
  reader.values(golden.singular_values.data(), cols);
  for (int64_t i = 0; i < subspaces; ++i) {
    Subspace subspace{.rank = reader.value<int64_t>(),
                      .gap = reader.value<double>(),
                      .projector = Matrix<double>(cols, cols)};
    reader.values(subspace.projector.data(), cols * cols);
    golden.subspaces.push_back(std::move(subspace));
  }
  return golden;
}

/// Backward errors of two stable algorithms, each a few d·eps·‖X‖, move singular values by as much
/// (Weyl) and turn a subspace by as much over its gap (Wedin). ‖X‖_F <= sqrt(d)·s_0.
double perturbation(const Golden& golden) {
  const auto d = static_cast<double>(golden.data.cols());
  return 4.0 * d * std::sqrt(d) * test::eps * golden.singular_values[0];
}

void check_basis(const Golden& golden, const Basis& basis) {
  const double tolerance = perturbation(golden);
  ASSERT_LE(tolerance, 1e-10 * golden.singular_values[0]) << "a looser check than promised";
  for (int64_t i = 0; i < basis.dim(); ++i) {
    EXPECT_NEAR(basis.singular_values[i], golden.singular_values[i], tolerance) << i;
  }
  EXPECT_LE(test::orthogonality_error(basis.query_map), 1e-12);
  for (const Subspace& subspace : golden.subspaces) {
    const Matrix<double> v =
        Matrix<double>::copy_of(basis.query_map.view().columns(0, subspace.rank));
    const Matrix<double> projector = test::multiply(v, test::transposed(v));
    EXPECT_LE(test::distance(projector, subspace.projector),
              std::sqrt(2.0) * tolerance / subspace.gap)
        << "rank " << subspace.rank;
  }
}

class ProjectionGolden : public ::testing::TestWithParam<const char*> {};

// All rows as keys, added in uneven blocks.
TEST_P(ProjectionGolden, KeysBasis) {
  const Golden golden = read_golden(GetParam());
  HeadStatistics statistics(golden.data.cols());
  int64_t block = 1;
  for (int64_t i = 0; i < golden.data.rows(); block = 3 * block + 1) {
    const int64_t count = std::min(block, golden.data.rows() - i);
    statistics.key.add_rows(golden.data.view().rows(i, count));
    i += count;
  }
  EXPECT_EQ(statistics.key.count(), golden.data.rows());
  check_basis(golden, make_keys(request_for(statistics)));
}

// The same rows shared out between queries and keys: the joint basis must not know.
TEST_P(ProjectionGolden, AquaBasis) {
  const Golden golden = read_golden(GetParam());
  const int64_t queries = golden.data.rows() * 2 / 3;
  HeadStatistics statistics(golden.data.cols());
  statistics.query.add_rows(golden.data.view().rows(0, queries));
  statistics.key.add_rows(golden.data.view().rows(queries, golden.data.rows() - queries));
  check_basis(golden, make_aqua(request_for(statistics)));
}

INSTANTIATE_TEST_SUITE_P(Numpy, ProjectionGolden,
                         ::testing::Values("gaps", "offset", "condition", "graded", "deficient",
                                           "short"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace aqua::projection
