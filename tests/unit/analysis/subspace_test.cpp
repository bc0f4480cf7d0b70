// Angles between subspaces, against planes turned by known angles and against plain loops.

#include "aqua/analysis/subspace.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

// Orthonormal columns e_0, e_1, … turned: column i towards e_{d/2+i} by angles[i].
Matrix<double> turned(int64_t d, const std::vector<double>& angles) {
  Matrix<double> m = Matrix<double>::identity(d);
  for (int64_t i = 0; i < std::ssize(angles); ++i) {
    const int64_t far = d / 2 + i;
    m(i, i) = std::cos(angles[i]);
    m(far, i) = std::sin(angles[i]);
    m(i, far) = -std::sin(angles[i]);
    m(far, far) = std::cos(angles[i]);
  }
  return m;
}

TEST(Subspace, AnglesAreThoseOfTurnedPlanes) {
  const std::vector<double> angles{1e-9, 0.3, std::numbers::pi / 4, 1.2};
  const Matrix<double> a = Matrix<double>::identity(10);
  const Matrix<double> b = turned(10, angles);
  const SubspaceDistance distance = subspace_distance(a, b, 4);
  ASSERT_EQ(distance.angles.size(), 4U);
  double overlap = 0.0;
  for (std::size_t i = 0; i < angles.size(); ++i) {
    // Backward stable singular values of matrices of norm 1, a few eps; no loss at 1e-9.
    EXPECT_NEAR(distance.angles[i], angles[i], 50 * std::numeric_limits<double>::epsilon());
    overlap += std::cos(angles[i]) * std::cos(angles[i]) / 4.0;
  }
  EXPECT_NEAR(distance.overlap, overlap, 1e-15);
}

TEST(Subspace, EqualAndOrthogonalSpans) {
  const projection::Basis basis = orthogonal_basis(8, 3);
  const Matrix<double>& p = basis.query_map;
  const SubspaceDistance same = subspace_distance(p, p, 3);
  EXPECT_NEAR(same.overlap, 1.0, 1e-14);
  EXPECT_LT(same.angles.back(), 1e-14);
  // Columns 3 … 5 of the same basis.
  const SubspaceDistance apart = subspace_distance(p, p.view().columns(3, 5), 3);
  EXPECT_NEAR(apart.overlap, 0.0, 1e-28);
  EXPECT_NEAR(apart.angles.front(), std::numbers::pi / 2, 1e-14);
}

// ‖A_kᵀB_k‖²_F/k, one product at a time.
double plain_overlap(const Matrix<double>& a, const Matrix<double>& b, int64_t k) {
  double sum = 0.0;
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j < k; ++j) {
      double product = 0.0;
      for (int64_t r = 0; r < a.rows(); ++r) product += a(r, i) * b(r, j);
      sum += product * product;
    }
  }
  return sum / static_cast<double>(k);
}

NamedBasis named(std::string name, const std::vector<std::vector<uint64_t>>& seeds) {
  NamedBasis basis;
  basis.name = std::move(name);
  for (int32_t l = 0; l < std::ssize(seeds); ++l) {
    for (const uint64_t seed : seeds[l]) basis.heads[{2 * l}].push_back(orthogonal_basis(6, seed));
  }
  return basis;
}

TEST(Subspace, SummariesAreMeansOverHeadsAndNameTheWorst) {
  const NamedBasis a = named("a", {{1, 2}, {3, 4}});
  const NamedBasis b = named("b", {{5, 6}, {7, 8}});
  const std::vector<LayerIndex> layers{{0}, {2}};
  const std::vector<int64_t> kept{2, 5};
  Workers workers(2);
  const auto comparisons = compare_subspaces(a, b, layers, kept, workers);
  const auto means = mean_overlaps(a, b, layers, kept);
  ASSERT_EQ(comparisons.size(), 2U);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    double mean = 0.0;
    double worst = 2.0;
    LayerIndex worst_layer;
    int64_t worst_head = -1;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      double layer_mean = 0.0;
      for (int64_t g = 0; g < 2; ++g) {
        const double overlap = plain_overlap(a.heads.at(layers[l])[g].query_map,
                                             b.heads.at(layers[l])[g].query_map, kept[i]);
        layer_mean += overlap / 2;
        mean += overlap / 4;
        if (overlap < worst) {
          worst = overlap;
          worst_layer = layers[l];
          worst_head = g;
        }
      }
      EXPECT_NEAR(comparisons[i].layers[l].overlap, layer_mean, 1e-14);
    }
    EXPECT_EQ(comparisons[i].k, kept[i]);
    EXPECT_NEAR(comparisons[i].model.overlap, mean, 1e-14);
    EXPECT_NEAR(means[i], mean, 1e-14);
    EXPECT_NEAR(comparisons[i].model.worst_overlap, worst, 1e-14);
    EXPECT_EQ(comparisons[i].model.worst_layer, worst_layer);
    EXPECT_EQ(comparisons[i].model.worst_head, worst_head);
  }
}

TEST(Subspace, RandomSpansOverlapByChance) {
  // E‖A_kᵀB_k‖²/k = k/d for independent Haar spans; the mean over 200 pairs varies by less than
  // 0.01, of which five times as much is allowed.
  double mean = 0.0;
  for (uint64_t s = 0; s < 200; ++s) {
    const auto a = orthogonal_basis(12, 2 * s + 1000);
    const auto b = orthogonal_basis(12, 2 * s + 1001);
    mean += subspace_distance(a.query_map, b.query_map, 3).overlap / 200;
  }
  EXPECT_NEAR(mean, 3.0 / 12.0, 0.05);
}

}  // namespace
}  // namespace aqua::analysis::testing
