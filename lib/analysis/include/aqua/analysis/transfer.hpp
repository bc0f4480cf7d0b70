// What a basis fitted on one text loses on another: the transfer matrix T[fit][evaluation], the gap
// to a basis of the evaluated text itself, differences between aligned texts, all with paired
// intervals, and how far apart the bases' leading subspaces are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "aqua/analysis/subspace.hpp"
#include "aqua/core/provenance.hpp"

namespace aqua::analysis {

/// A row of the matrix: a basis, and the text or texts that it was fitted on.
struct TransferFit {
  std::string name;                  ///< label; of the NamedBasis as well
  std::string file;                  ///< calibration file; empty when fitted in this run
  std::vector<CorpusFacts> corpora;  ///< fitted on
};

/// A column: one text, measured with every row's basis by one RetentionMeter with keep_replicates
/// whose bases are named as the fits and stand in their order.
struct TransferEvaluation {
  RetentionResult all;
  /// RetentionMeter::subset_result() over the documents that all aligned texts have, in one order.
  std::optional<RetentionResult> aligned;
  /// The row that was fitted on this very text; what gaps refer to.
  std::optional<std::size_t> native;
};

/// An estimate for the model (mean over layers and heads) and each layer.
struct LayeredEstimate {
  Estimate model;
  std::vector<Estimate> layers;  ///< [measured layer]
};

/// What is measured in each cell; a measure that is not defined is left out of results.
struct TransferMeasure {
  Measure measure = Measure::query_loss;
  Selection selection = Selection::dynamic;
  double k_ratio = 0.0;
  int64_t k = 0;
};

struct TransferCell {
  LayeredEstimate value;  ///< T[fit][evaluation]
  double worst = 0.0;     ///< the worst head's value
  LayerIndex worst_layer;
  int64_t worst_head = 0;
  /// T[a][b] − T[b][b]; absent without a native row and in that row itself. Its interval resamples
  /// both terms over the same documents in each replicate.
  std::optional<LayeredEstimate> gap;
};

/// T[fit][first] − T[fit][second] over the documents that both texts have, paired by document.
struct AlignedDifference {
  std::size_t fit = 0;
  std::size_t first = 0;  ///< evaluations
  std::size_t second = 0;
  TransferMeasure measure;
  double first_value = 0.0;  ///< over the aligned documents
  double second_value = 0.0;
  LayeredEstimate difference;
};

struct TransferSubspaces {
  std::size_t first = 0;  ///< fits
  std::size_t second = 0;
  std::vector<SubspaceComparison> by_k;  ///< [k_ratio]
};

struct TransferResult {
  capture::ModelFacts model;
  RetentionOptions options;
  std::vector<LayerIndex> layers;
  std::vector<TransferFit> fits;
  std::vector<TransferEvaluation> evaluations;
  std::vector<TransferMeasure> measures;
  /// [measure][fit][evaluation]
  std::vector<std::vector<std::vector<TransferCell>>> cells;
  int64_t aligned_documents = 0;  ///< 0: no texts are aligned
  std::vector<AlignedDifference> differences;
  std::vector<TransferSubspaces> subspaces;  ///< every pair of fits
};

/// Puts the parts together. Evaluations must have equal settings and layers, and keep replicates.
TransferResult assemble_transfer(std::vector<TransferFit> fits,
                                 std::vector<TransferEvaluation> evaluations,
                                 std::span<const NamedBasis> bases, const Execution& execution);

/// x − y for the model and each layer, for results of equal seed and number of documents, of which
/// document i of one is paired with document i of the other; replicates are subtracted one by one.
LayeredEstimate paired_difference(const MeasureResult& x, const MeasureResult& y);

/// What is known of a difference from its interval.
enum class Finding {
  no_interval,   ///< fewer than two documents, or no replicates
  within_noise,  ///< the interval holds zero
  higher,        ///< all of it is above zero
  lower          ///< all of it is below zero
};
Finding finding(const Estimate& difference);

/// The texts whose documents correspond, and which documents those are.
struct Alignment {
  std::vector<std::size_t> corpora;             ///< at least two, or none
  std::vector<std::vector<int32_t>> documents;  ///< [corpora][common document] index in its corpus
};
/// Documents correspond when they have the same id. Considers the corpora in `among`, or, when that
/// is empty, finds them: the first corpus that shares two ids or more with another, together with
/// all that do so with it. Ids that are mere numbers (as those of plain text are) count only for
/// corpora named in `among`, since they say nothing about content. Common documents stand in the
/// order of the first corpus. UsageError when corpora named in `among` have fewer than two ids in
/// common.
Alignment align_documents(std::span<const capture::StreamInfo> corpora,
                          std::span<const std::size_t> among);

}  // namespace aqua::analysis
