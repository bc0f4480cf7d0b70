#include "aqua/analysis/subspace.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "aqua/linalg/blas.hpp"
#include "aqua/linalg/svd.hpp"

namespace aqua::analysis {
namespace {

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of heads [layer][KV head].
SubspaceSummary summarise(std::span<const LayerIndex> layers,
                          std::span<const std::vector<SubspaceDistance>> heads) {
  SubspaceSummary summary{.worst_overlap = 2.0, .worst_layer = {}};
  std::vector<double> overlaps;
  std::vector<double> angles;
  for (std::size_t l = 0; l < heads.size(); ++l) {
    for (std::size_t g = 0; g < heads[l].size(); ++g) {
      const SubspaceDistance& head = heads[l][g];
      overlaps.push_back(head.overlap);
      angles.push_back(mean(head.angles));
      if (head.overlap >= summary.worst_overlap) continue;
      summary.worst_overlap = head.overlap;
      summary.largest_angle = head.angles.back();
      summary.worst_layer = layers[l];
      summary.worst_head = static_cast<int64_t>(g);
    }
  }
  summary.overlap = mean(overlaps);
  summary.mean_angle = mean(angles);
  return summary;
}

}  // namespace

SubspaceDistance subspace_distance(ConstMatrixView<double> a, ConstMatrixView<double> b,
                                   int64_t k) {
  const auto left = a.columns(0, k);
  const auto right = b.columns(0, k);
  const Matrix<double> product =
      linalg::product(linalg::Op::transpose, linalg::Op::none, left, right);
  Matrix<double> outside = Matrix<double>::copy_of(right);
  linalg::gemm(linalg::Op::none, linalg::Op::none, -1.0, left, product, 1.0, outside);
  const std::vector<double> cosines = linalg::svd(product.view()).s;
  const std::vector<double> sines = linalg::svd(outside.view()).s;

  SubspaceDistance distance;
  for (int64_t i = 0; i < k; ++i) {
    const double cosine = std::min(cosines[i], 1.0);
    const double sine = std::min(sines[k - 1 - i], 1.0);
    distance.overlap += cosine * cosine / static_cast<double>(k);
    distance.angles.push_back(cosine * cosine >= 0.5 ? std::asin(sine) : std::acos(cosine));
  }
  return distance;
}

std::vector<double> subspace_overlaps(ConstMatrixView<double> a, ConstMatrixView<double> b,
                                      std::span<const int64_t> kept) {
  const Matrix<double> product = linalg::product(linalg::Op::transpose, linalg::Op::none, a, b);
  std::vector<double> overlaps;
  for (const int64_t k : kept) {
    double sum = 0.0;
    for (int64_t r = 0; r < k; ++r) {
      for (const double value : product.row(r).first(k)) sum += value * value;
    }
    overlaps.push_back(sum / static_cast<double>(k));
  }
  return overlaps;
}

std::vector<double> mean_overlaps(const NamedBasis& a, const NamedBasis& b,
                                  std::span<const LayerIndex> layers,
                                  std::span<const int64_t> kept) {
  std::vector<double> means(kept.size(), 0.0);
  int64_t count = 0;
  for (const LayerIndex layer : layers) {
    const auto& of_a = a.heads.at(layer);
    const auto& of_b = b.heads.at(layer);
    for (std::size_t g = 0; g < of_a.size(); ++g, ++count) {
      const auto overlaps = subspace_overlaps(of_a[g].query_map, of_b[g].query_map, kept);
      for (std::size_t i = 0; i < kept.size(); ++i) means[i] += overlaps[i];
    }
  }
  for (double& mean : means) mean /= static_cast<double>(count);
  return means;
}

std::vector<SubspaceComparison> compare_subspaces(const NamedBasis& a, const NamedBasis& b,
                                                  std::span<const LayerIndex> layers,
                                                  std::span<const int64_t> kept,
                                                  const Execution& execution) {
  // [k][layer][KV head]
  std::vector<std::vector<std::vector<SubspaceDistance>>> heads(kept.size());
  struct Task {
    ConstMatrixView<double> a;
    ConstMatrixView<double> b;
    int64_t k = 0;
    SubspaceDistance* out = nullptr;
  };
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    heads[i].resize(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const auto& of_a = a.heads.at(layers[l]);
      const auto& of_b = b.heads.at(layers[l]);
      heads[i][l].resize(of_a.size());
      for (std::size_t g = 0; g < of_a.size(); ++g) {
        tasks.push_back(
            {of_a[g].query_map.view(), of_b[g].query_map.view(), kept[i], &heads[i][l][g]});
      }
    }
  }
  execution.for_each(std::ssize(tasks), [&](int64_t index, int) {
    const Task& task = tasks[index];
    *task.out = subspace_distance(task.a, task.b, task.k);
  });
  std::vector<SubspaceComparison> comparisons;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    SubspaceComparison& comparison = comparisons.emplace_back();
    comparison.k = kept[i];
    comparison.model = summarise(layers, heads[i]);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      comparison.layers.push_back(
          summarise(layers.subspan(l, 1), std::span(heads[i]).subspan(l, 1)));
    }
  }
  return comparisons;
}

}  // namespace aqua::analysis
