// How much each KV head's group loses for every number of kept dimensions: what plans are made
// from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "aqua/analysis/retention.hpp"

namespace aqua::analysis {

/// Curves of all (layer, KV head), layer by layer.
struct LossCurves {
  HeadLayout heads;
  int64_t layers = 0;
  Measure measure = Measure::query_energy_loss;
  Selection selection = Selection::dynamic;
  int64_t step = 1;       ///< divides d
  Matrix<double> values;  ///< [layers·H_kv, d/step]: column j is the value at k = (j + 1)·step

  int64_t row(int64_t layer, int64_t kv_head) const { return layer * heads.kv_heads + kv_head; }
};

/// Query losses, norm and energy form, at every k in one pass: per (layer, KV head) the mean over
/// the counted queries, not zero, of all heads of the group. One sort of each rotated query's
/// squares serves all k. The source must emit all layers, and the basis must be orthogonal and
/// cover them (UsageError). Equal results for every thread count. Memory: 2·H_kv·d float64 values a
/// layer and, per worker, (G·T)·d of them.
class CurveMeter final : public capture::QkSink {
 public:
  CurveMeter(NamedBasis basis, capture::Site site, Selection selection);
  ~CurveMeter() override;
  std::set<capture::Site> sites() const override;
  void begin(const capture::StreamInfo& info) override;
  void begin_layer(LayerIndex layer) override;
  void consume(const capture::QkEvent& event) override;
  void end_layer(LayerIndex layer, const Execution& execution) override;

  /// measure: query_loss or query_energy_loss.
  LossCurves curves(Measure measure, int64_t step) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The k_ratios step/d, 2·step/d, …, 1 at which a RetentionMeter measures curves.
std::vector<double> curve_ratios(int64_t head_dim, int64_t step);

/// Curves of any measure from a RetentionMeter's result at curve_ratios() over all layers: the mean
/// over the query heads of each group. NumericalError when a head's value is not defined.
LossCurves curves_of(const RetentionResult& result, Measure measure, Selection selection,
                     int64_t step);

/// The mean of curves of several texts, each counting the same. UsageError unless they have the
/// same shape.
LossCurves mean_of(std::span<const LossCurves> curves);

}  // namespace aqua::analysis
