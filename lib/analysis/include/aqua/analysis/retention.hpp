// How much of queries, keys, logits, attention weights and outputs survives when only k of d
// rotated dimensions are used: measured per head, on text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/projection/basis.hpp"
#include "aqua/projection/plan.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::analysis {

enum class Selection { fixed, dynamic };  ///< static slice 0..k−1; per query the k largest |q̂_i|
std::string_view name(Selection selection);  ///< "static", "dynamic"

/// What is measured. Definitions: see measures() for the sentence, symbol and unit of each.
enum class Measure {
  query_loss,         ///< mean over tokens of 1 − ‖q̂_S‖/‖q̂‖
  query_energy_loss,  ///< mean over tokens of 1 − ‖q̂_S‖²/‖q̂‖²
  key_loss,  ///< static: mean over tokens of 1 − ‖k̂_S‖/‖k̂‖, S the slice; dynamic: mean over
             ///< causal pairs (i,j) of the same with S chosen by query i
  key_energy_loss,
  logit_error,      ///< ‖A − Ã‖_F/‖A‖_F over causal pairs; A: logits
  total_variation,  ///< mean over queries of ½·Σ_j |p_ij − p̃_ij|; p: attention weights
  kl_divergence,    ///< mean over queries of Σ_j p_ij·ln(p_ij/p̃_ij), in nats
  top1_agreement,   ///< share of queries whose most attended key is the same
  output_error,     ///< ‖O − Õ‖_F/‖O‖_F; O: head outputs Σ_j p_ij v_j
};
struct MeasureInfo {
  Measure measure;
  std::string_view key;           ///< in JSON and CSV: "query_loss"
  std::string_view label;         ///< in tables: "query loss"
  std::string_view definition;    ///< one sentence with formula and unit
  bool needs_orthogonal = false;  ///< defined only for bases that keep norms
  bool pairwise = false;          ///< over causal (query, key) pairs; the key losses only under
                                  ///< dynamic selection
  bool higher_is_better = false;
};
std::span<const MeasureInfo> measures();

/// A basis under test: one Basis per (layer, KV head).
struct NamedBasis {
  std::string name;  ///< "aqua", "keys", "kq-svd", "identity", "random", "native"
  std::map<LayerIndex, std::vector<projection::Basis>> heads;
};

/// A plan under test: every head's k instead of one k_ratio.
struct NamedPlan {
  std::string name;  ///< not empty; label in reports
  projection::Plan plan;
};

struct RetentionOptions {
  std::vector<double> k_ratios{0.25, 0.5, 0.75};
  std::vector<NamedPlan> plans = {};  ///< measured like further k_ratios; for this model's heads
  capture::Site site = capture::Site::post_rope;  ///< at pre_rope only the losses are defined
  /// False: what is measured over (query, key) pairs is left out (NaN), which is most of the work.
  bool pairwise = true;
  /// Query positions sampled per sequence for the pairwise measures; 0, or at least the number n of
  /// counted positions: all. The rule: the counted positions are cut into P = pair_queries strata,
  /// the s-th being those numbered floor(s·n/P) … floor((s+1)·n/P) − 1, and one position is drawn
  /// uniformly from each, with Random(seed, pair_sampling, sequence). The same positions serve all
  /// layers, heads, bases and settings.
  int64_t pair_queries = 64;
  uint64_t seed = 0;
  int64_t bootstrap_replicates = 1000;  ///< 0: no intervals
  /// Keep MeasureResult::replicates, so that differences can be resampled in pairs: results of
  /// equal seed and number of documents draw the same documents in the same replicate.
  bool keep_replicates = false;
  /// Documents (index in the corpus) to which RetentionMeter::subset_result() is confined; the i-th
  /// of them is what replicates call document i. For comparing texts document by document.
  std::vector<int32_t> subset = {};
};

/// A mean with its 95 % percentile-bootstrap interval over documents (absent with fewer than 2
/// documents or without replicates). NaN where the measure is not defined.
struct Estimate {
  double value = 0.0;
  std::optional<double> low;
  std::optional<double> high;
};

/// One (basis, k_ratio or plan, selection).
struct Setting {
  std::string basis;
  double k_ratio = 0.0;  ///< of a plan: its mean
  int64_t k = 0;         ///< of a plan: 0, as it differs from head to head
  Selection selection = Selection::fixed;
  std::string plan = {};  ///< name; empty: one k for all heads
};

/// Results of one setting and measure.
struct MeasureResult {
  Estimate model;      ///< mean over layers and query heads
  double worst = 0.0;  ///< the worst head's value
  LayerIndex worst_layer;
  int64_t worst_head = 0;                  ///< query head
  std::vector<Estimate> layers;            ///< [measured layer]
  std::vector<std::vector<double>> heads;  ///< [measured layer][query head]
  /// With RetentionOptions::keep_replicates, the model's and each layer's value in every bootstrap
  /// replicate: [replicate] and [measured layer][replicate]; NaN where not defined.
  std::vector<double> replicates = {};
  std::vector<std::vector<double>> layer_replicates = {};
};

struct RetentionResult {
  capture::ModelFacts model;
  CorpusFacts corpus;
  RetentionOptions options;
  std::vector<LayerIndex> layers;
  std::vector<Setting> settings;
  /// [setting] → measure → result.
  std::vector<std::map<Measure, MeasureResult>> results;
  int64_t zero_queries = 0;  ///< vectors of norm zero, skipped in losses (summed over heads)
  int64_t zero_keys = 0;
  int64_t queries_per_head = 0;       ///< counted tokens
  int64_t pair_queries_per_head = 0;  ///< queries that entered the pairwise measures
  int64_t pairs_per_head = 0;  ///< causal pairs that entered them, in the layer that has most
                               ///< (sliding windows leave fewer)
  int64_t documents = 0;       ///< with counted tokens
};

/// Measures while events pass. Equal results for every thread count. A head in which a measure's
/// divisor is zero (all vectors zero) has the value NaN and is left out of means.
///
/// Bases that are not orthogonal do not keep norms: their losses are NaN. At pre_rope dot products
/// are no logits: only query losses and static key losses are defined. Without v, output_error is
/// NaN. A (query, key) pair belongs to the query's document.
///
/// Memory, in float64 values, for H query heads, S settings, M = 9 measures, D documents and B
/// bootstrap replicates: (S·M + 6)·H·D for the layer's sums, B·D for the resampling weights, S·M·B
/// for the model's replicates; and per worker, in float32, (bases·(G + 2)·d + 4·max(64, G))·T for
/// one sequence of T tokens. Replicates that are kept take another S·M·B per layer; a subset takes
/// everything but the per-worker part once more.
class RetentionMeter final : public capture::QkSink {
 public:
  /// Bases and plans must cover the layers that the source emits and match its head layout
  /// (UsageError).
  RetentionMeter(RetentionOptions options, std::vector<NamedBasis> bases);
  ~RetentionMeter() override;
  std::set<capture::Site> sites() const override;
  bool wants_values() const override;
  void begin(const capture::StreamInfo& info) override;
  void begin_layer(LayerIndex layer) override;
  void consume(const capture::QkEvent& event) override;
  void end_layer(LayerIndex layer, const Execution& execution) override;

  RetentionResult result() const;
  /// The same over the documents of RetentionOptions::subset alone, so that `documents` is their
  /// number. The counts of queries, pairs and zero vectors stay those of the whole text.
  RetentionResult subset_result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The bases named in `names`, for the given site: methods of basis_methods() from the statistics
/// of `fitted`, and "native" (the AQUA method on those of `native`, fitted on the evaluated text,
/// which must then be given).
std::vector<NamedBasis> make_bases(std::span<const std::string> names, capture::Site site,
                                   std::span<const LayerIndex> layers,
                                   const store::Calibration& fitted,
                                   const store::Calibration* native, uint64_t seed,
                                   const Execution& execution);

}  // namespace aqua::analysis
