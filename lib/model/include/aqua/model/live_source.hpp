// A model running over a packed corpus, seen as a source of events.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/model/model.hpp"

namespace aqua::model {

/// `layers` in any order, repeats ignored; empty: all; UsageError for one that the model does not
/// have. `ids` [sequence][T] must match info.sequences. Model, ids and checkpoint (if any) must
/// outlive it.
std::unique_ptr<capture::QkSource> make_live_source(const Model& model, capture::StreamInfo info,
                                                    std::span<const std::vector<int32_t>> ids,
                                                    std::vector<LayerIndex> layers,
                                                    PassCheckpoint* checkpoint = nullptr);

}  // namespace aqua::model
