#include "retention/document_sums.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aqua::analysis {

Total total_of(Measure measure, Selection selection) {
  switch (measure) {
    case Measure::query_loss:
    case Measure::query_energy_loss:
      return Total::queries;
    case Measure::key_loss:
    case Measure::key_energy_loss:
      return selection == Selection::fixed ? Total::keys : Total::key_pairs;
    case Measure::logit_error:
      return Total::logit_energy;
    case Measure::total_variation:
    case Measure::kl_divergence:
    case Measure::top1_agreement:
      return Total::sampled_queries;
    case Measure::output_error:
      return Total::output_energy;
  }
  __builtin_unreachable();
}

double statistic(Measure measure, double sum, double total) {
  if (!(total > 0.0)) return std::numeric_limits<double>::quiet_NaN();
  const bool of_energies = measure == Measure::logit_error || measure == Measure::output_error;
  return of_energies ? std::sqrt(sum / total) : sum / total;
}

DocumentRows::DocumentRows(std::span<const SequenceInfo> sequences) {
  for (const SequenceInfo& sequence : sequences) {
    for (int64_t t = sequence.first_counted; t < sequence.length(); ++t) {
      const int32_t document = sequence.document[t];
      if (document >= std::ssize(rows_)) rows_.resize(document + std::size_t{1}, -1);
      rows_[document] = 0;
    }
  }
  for (int64_t& row : rows_) {
    if (row == 0) row = count_++;
  }
}

SequenceDocuments documents_of(const SequenceInfo& sequence, const DocumentRows& rows) {
  SequenceDocuments documents;
  for (int64_t t = sequence.first_counted; t < sequence.length(); ++t) {
    const int64_t row = rows.row(sequence.document[t]);
    // Neighbouring tokens mostly share a document, which the search from the back finds at once.
    const auto found = std::find(documents.rows.rbegin(), documents.rows.rend(), row);
    if (found == documents.rows.rend()) {
      documents.local.push_back(std::ssize(documents.rows));
      documents.rows.push_back(row);
    } else {
      documents.local.push_back(documents.rows.rend() - found - 1);
    }
  }
  return documents;
}

void LayerSums::add(const SequenceSums& part) {
  for (int64_t i = 0; i < std::ssize(part.rows); ++i) {
    const auto from = part.sums.row(i);
    const auto to = sums.row(part.rows[i]);
    std::transform(to.begin(), to.end(), from.begin(), to.begin(), std::plus<>());
  }
  zero_queries += part.zero_queries;
  zero_keys += part.zero_keys;
  pairs += part.pairs;
  has_values = has_values && part.has_values;
}

LayerSums LayerSums::pick(std::span<const int64_t> rows) const {
  LayerSums picked;
  picked.sums = Matrix<double>(std::ssize(rows), sums.cols());
  for (int64_t i = 0; i < std::ssize(rows); ++i) {
    const auto from = sums.row(rows[i]);
    std::copy(from.begin(), from.end(), picked.sums.row(i).begin());
  }
  picked.zero_queries = zero_queries;
  picked.zero_keys = zero_keys;
  picked.pairs = pairs;
  picked.has_values = has_values;
  return picked;
}

}  // namespace aqua::analysis
