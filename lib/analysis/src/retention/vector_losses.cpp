#include "retention/vector_losses.hpp"

#include "aqua/projection/selection.hpp"
#include "retention/sorted_energies.hpp"

namespace aqua::analysis {

VectorLosses::VectorLosses(std::span<const int64_t> kept, int64_t head_dim, const SumLayout& layout)
    : layout_(layout), kept_(kept.begin(), kept.end()) {
  kept_.push_back(head_dim);
}

VectorLosses::Losses VectorLosses::losses(const CountedVectors& vectors, Selection selection,
                                          int64_t document_count) const {
  const int64_t ratios = std::ssize(kept_) - 1;
  Matrix<double> energies(vectors.rotated.rows(), ratios + 1);
  if (selection == Selection::fixed) {
    leading_energies(vectors.rotated, kept_, energies);
  } else {
    largest_energies(vectors.rotated, kept_, energies);
  }

  Losses losses{.norm = Matrix<double>(document_count, ratios),
                .energy = Matrix<double>(document_count, ratios)};
  for (int64_t t = 0; t < energies.rows(); ++t) {
    const double total = energies(t, ratios);
    if (vectors.nonzero[t] == 0 || !(total > 0.0)) continue;
    const int64_t document = vectors.documents[t];
    for (int64_t r = 0; r < ratios; ++r) {
      losses.norm(document, r) += projection::norm_loss(energies(t, r), total);
      losses.energy(document, r) += projection::energy_loss(energies(t, r), total);
    }
  }
  return losses;
}

void VectorLosses::record_queries(const CountedVectors& queries, int64_t first_setting,
                                  int64_t query_head, MatrixView<double> sums) const {
  for (const Selection selection : {Selection::fixed, Selection::dynamic}) {
    const Losses found = losses(queries, selection, sums.rows());
    for (int64_t row = 0; row < sums.rows(); ++row) {
      for (int64_t r = 0; r < found.norm.cols(); ++r) {
        const int64_t s = first_setting + case_index(r, selection);
        sums(row, layout_.sum(s, Measure::query_loss, query_head)) = found.norm(row, r);
        sums(row, layout_.sum(s, Measure::query_energy_loss, query_head)) = found.energy(row, r);
      }
    }
  }
}

void VectorLosses::record_keys(const CountedVectors& keys, int64_t first_setting,
                               int64_t first_query_head, int64_t group_size,
                               MatrixView<double> sums) const {
  const Losses found = losses(keys, Selection::fixed, sums.rows());
  for (int64_t row = 0; row < sums.rows(); ++row) {
    for (int64_t r = 0; r < found.norm.cols(); ++r) {
      const int64_t s = first_setting + case_index(r, Selection::fixed);
      for (int64_t h = first_query_head; h < first_query_head + group_size; ++h) {
        sums(row, layout_.sum(s, Measure::key_loss, h)) = found.norm(row, r);
        sums(row, layout_.sum(s, Measure::key_energy_loss, h)) = found.energy(row, r);
      }
    }
  }
}

}  // namespace aqua::analysis
