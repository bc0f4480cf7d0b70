// The sums that every measure is made of, kept apart by document so that the bootstrap can resample
// documents.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/matrix.hpp"
#include "measures.hpp"

namespace aqua::analysis {

/// What a measure's sum is divided by. Does not depend on the setting.
enum class Total {
  queries,          ///< counted queries that are not zero
  keys,             ///< counted keys that are not zero
  key_pairs,        ///< causal pairs of sampled queries and keys that are not zero
  sampled_queries,  ///< queries in the pairwise measures
  logit_energy,     ///< Σ A², A: exact logits of the causal pairs
  output_energy,    ///< Σ ‖o‖², o: exact head outputs of the sampled queries
};
inline constexpr int64_t total_count = 6;

Total total_of(Measure measure, Selection selection);

/// A measure's value from its sum and total; NaN when the total is zero.
double statistic(Measure measure, double sum, double total);

/// Settings of one basis stand together: by k_ratio, static before dynamic.
inline int64_t case_index(int64_t ratio, Selection selection) {
  return 2 * ratio + (selection == Selection::dynamic ? 1 : 0);
}

/// Where each sum stands in a document's row: sums by [setting][measure][query head], then totals
/// by [total][query head].
struct SumLayout {
  int64_t settings = 0;
  int64_t heads = 0;  ///< query heads

  int64_t setting_columns() const { return measure_count * heads; }
  int64_t sum(int64_t setting, Measure measure, int64_t head) const {
    return setting * setting_columns() + static_cast<int64_t>(measure) * heads + head;
  }
  int64_t first_total() const { return settings * setting_columns(); }
  int64_t total_columns() const { return total_count * heads; }
  int64_t total(Total total, int64_t head) const {
    return first_total() + static_cast<int64_t>(total) * heads + head;
  }
  int64_t columns() const { return first_total() + total_columns(); }
};

/// The documents with counted tokens, numbered 0, 1, … by rising index in the corpus.
class DocumentRows {
 public:
  DocumentRows() = default;
  explicit DocumentRows(std::span<const SequenceInfo> sequences);

  int64_t count() const { return count_; }
  /// −1 for a document without counted tokens.
  int64_t row(int32_t document) const {
    return document >= 0 && document < std::ssize(rows_) ? rows_[document] : -1;
  }

 private:
  std::vector<int64_t> rows_;  // [document], −1 where nothing is counted
  int64_t count_ = 0;
};

/// The documents of one sequence's counted tokens.
struct SequenceDocuments {
  std::vector<int64_t> rows;   ///< DocumentRows::row of each, in order of appearance
  std::vector<int64_t> local;  ///< [counted token] index into rows
};
SequenceDocuments documents_of(const SequenceInfo& sequence, const DocumentRows& rows);

/// One sequence's contribution.
struct SequenceSums {
  std::vector<int64_t> rows;  ///< SequenceDocuments::rows
  Matrix<double> sums;        ///< [rows, SumLayout::columns()]
  int64_t zero_queries = 0;
  int64_t zero_keys = 0;
  int64_t pairs = 0;        ///< causal pairs of the sampled queries, per head
  bool has_values = false;  ///< the event carried v

  SequenceSums(const SequenceDocuments& documents, const SumLayout& layout)
      : rows(documents.rows), sums(static_cast<int64_t>(documents.rows.size()), layout.columns()) {}
};

/// One layer's sums over all sequences.
struct LayerSums {
  Matrix<double> sums;  ///< [documents, SumLayout::columns()]
  int64_t zero_queries = 0;
  int64_t zero_keys = 0;
  int64_t pairs = 0;
  bool has_values = true;  ///< every event carried v

  LayerSums(int64_t documents, const SumLayout& layout) : sums(documents, layout.columns()) {}
  void add(const SequenceSums& part);
  /// The sums of the documents at `rows`, in that order; counts stay those of all.
  LayerSums pick(std::span<const int64_t> rows) const;

 private:
  LayerSums() = default;
};

}  // namespace aqua::analysis
