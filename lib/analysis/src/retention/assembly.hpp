// From document sums to results: values of heads, layers and the model, with intervals.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/execution.hpp"
#include "retention/document_sums.hpp"

namespace aqua::analysis {

/// Fills in the worst head from `result.heads`: the first of those with the worst value.
void set_worst_head(const MeasureInfo& info, std::span<const LayerIndex> layers,
                    MeasureResult& result);

/// Takes the layers' sums one after the other. Keeps, besides results, the bootstrap weights
/// [replicates, documents] and the model's replicates [settings·measures, replicates].
class Assembly {
 public:
  /// `orthogonal` [setting]: whether the setting's basis is.
  Assembly(std::vector<Setting> settings, std::vector<bool> orthogonal, int64_t query_heads,
           int64_t documents, const RetentionOptions& options);

  const SumLayout& layout() const { return layout_; }
  void add_layer(LayerIndex layer, const LayerSums& sums, const Execution& execution);

  std::span<const LayerIndex> layers() const { return layers_; }
  const std::vector<Setting>& settings() const { return settings_; }
  /// [setting] → measure → result over the layers added so far.
  std::vector<std::map<Measure, MeasureResult>> results() const;

 private:
  struct LayerView;
  void add_setting(int64_t setting, const LayerView& layer);
  MeasureResult finish(int64_t setting, const MeasureInfo& info) const;
  /// The model's value in every replicate; NaN where the measure is defined in no layer.
  std::vector<double> replicates(int64_t setting, Measure measure) const;

  std::vector<Setting> settings_;
  std::vector<bool> orthogonal_;
  RetentionOptions options_;
  SumLayout layout_;
  Matrix<double> weights_;  // [replicates, documents]; empty when there are no intervals
  std::vector<LayerIndex> layers_;
  /// [setting][measure], layers and heads filled as layers come.
  std::vector<std::vector<MeasureResult>> partial_;
  Matrix<double> model_replicates_;  // [settings·measures, replicates] sums over layers
};

}  // namespace aqua::analysis
