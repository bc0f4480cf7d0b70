// Calibration: the sink that accumulates R factors, and the bases that follow from them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::analysis {

/// Statistics [KV head] by (layer, site).
using FitStatistics = std::map<store::SiteKey, std::vector<projection::HeadStatistics>>;

/// Which part of a text each token belongs to, when the statistics of parts are kept apart.
struct TokenParts {
  int64_t count = 1;
  /// [sequence][token] 0 … count − 1, or −1: in none. What stands at tokens before
  /// SequenceInfo::first_counted does not matter. Empty: every token is in part 0.
  std::vector<std::vector<int32_t>> part = {};
};
/// Parts made of whole documents: `part_of` [document].
TokenParts parts_by_document(const capture::StreamInfo& info, std::span<const int32_t> part_of);
/// Part i is the counted tokens numbered ends[i−1] … ends[i] − 1, from 0 in sequence order; tokens
/// from ends.back() on are in none. `ends` rise and are positive (UsageError).
TokenParts parts_by_tokens(const capture::StreamInfo& info, std::span<const int64_t> ends);

/// Accumulates, per layer, site and KV head, the R factors of the counted tokens' queries (all
/// query heads of the group) and keys. Can be run over several sources one after the other:
/// statistics add up. Results are equal for every thread count.
///
/// Memory, in float64 values: 2·d² per layer, KV head and part.
class FitSink final : public capture::QkSink {
 public:
  explicit FitSink(std::set<capture::Site> sites);
  /// With parts, for one source: their sequences must be its own (UsageError).
  FitSink(std::set<capture::Site> sites, TokenParts parts);
  ~FitSink() override;
  std::set<capture::Site> sites() const override;
  void begin(const capture::StreamInfo& info) override;
  void begin_layer(LayerIndex layer) override;
  void consume(const capture::QkEvent& event) override;
  void end_layer(LayerIndex layer, const Execution& execution) override;

  /// What has been added so far; complete for every layer whose end_layer has been called. With
  /// parts, of the first one.
  const FitStatistics& statistics() const;
  /// Starts from statistics that an earlier sink had, of heads of this layout; with parts, of the
  /// first one.
  void restore(const HeadLayout& layout, FitStatistics statistics);
  /// The statistics, moved out; with parts, of the first one.
  FitStatistics take();
  /// [part] moved out.
  std::vector<FitStatistics> take_parts();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Statistics to bases: the AQUA basis of every head, heads in parallel.
std::map<store::SiteKey, std::vector<store::CalibratedHead>> solve(FitStatistics statistics,
                                                                   const Execution& execution);

/// Adds the rows behind `more`, of the same model, layers and sites.
void merge(FitStatistics& statistics, const FitStatistics& more);
FitStatistics clone(const FitStatistics& statistics);

}  // namespace aqua::analysis
