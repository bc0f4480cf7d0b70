// Calibration: the sink that accumulates R factors, and the bases that follow from them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::analysis {

/// Accumulates, per layer, site and KV head, the R factors of the counted tokens' queries (all
/// query heads of the group) and keys. Can be run over several sources one after the other:
/// statistics add up. Results are equal for every thread count.
class FitSink final : public capture::QkSink {
 public:
  explicit FitSink(std::set<capture::Site> sites);
  ~FitSink() override;
  std::set<capture::Site> sites() const override;
  void begin(const capture::StreamInfo& info) override;
  void begin_layer(LayerIndex layer) override;
  void consume(const capture::QkEvent& event) override;
  void end_layer(LayerIndex layer, const Execution& execution) override;

  /// What has been added so far; complete for every layer whose end_layer has been called.
  const std::map<store::SiteKey, std::vector<projection::HeadStatistics>>& statistics() const;
  /// Starts from statistics that an earlier sink had, of heads of this layout.
  void restore(const HeadLayout& layout,
               std::map<store::SiteKey, std::vector<projection::HeadStatistics>> statistics);
  /// Statistics [KV head] by (layer, site), moved out.
  std::map<store::SiteKey, std::vector<projection::HeadStatistics>> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Statistics to bases: the AQUA basis of every head, heads in parallel.
std::map<store::SiteKey, std::vector<store::CalibratedHead>> solve(
    std::map<store::SiteKey, std::vector<projection::HeadStatistics>> statistics,
    const Execution& execution);

}  // namespace aqua::analysis
