#include "aqua/model/live_source.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

class LiveSource final : public capture::QkSource {
 public:
  LiveSource(const Model& model, capture::StreamInfo info,
             std::span<const std::vector<int32_t>> ids, std::vector<LayerIndex> layers,
             PassCheckpoint* checkpoint)
      : model_(model),
        info_(std::move(info)),
        ids_(ids),
        layers_(std::move(layers)),
        checkpoint_(checkpoint) {
    if (layers_.empty()) {
      for (int32_t i = 0; i < model.facts().layers; ++i) layers_.push_back({i});
    }
    std::ranges::sort(layers_);
    layers_.erase(std::ranges::unique(layers_).begin(), layers_.end());
    for (const LayerIndex layer : layers_) {
      if (layer.value < 0 || layer.value >= model.facts().layers) {
        fail<UsageError>("layer {} does not exist: {} has layers 0 to {}", layer.value,
                         model.facts().name, model.facts().layers - 1);
      }
    }
  }

  const capture::StreamInfo& info() const override { return info_; }
  std::vector<LayerIndex> layers() const override { return layers_; }

  void run(std::span<capture::QkSink* const> sinks, const Execution& execution) override {
    for (capture::QkSink* sink : sinks) sink->begin(info_);
    RunRequest request;
    request.ids = ids_;
    request.sinks = sinks;
    request.layers = layers_;
    request.task = info_.corpus.name;
    request.checkpoint = checkpoint_;
    model_.run(request, execution);
    for (capture::QkSink* sink : sinks) sink->end();
  }

 private:
  const Model& model_;
  capture::StreamInfo info_;
  std::span<const std::vector<int32_t>> ids_;
  std::vector<LayerIndex> layers_;
  PassCheckpoint* checkpoint_;
};

}  // namespace

std::unique_ptr<capture::QkSource> make_live_source(const Model& model, capture::StreamInfo info,
                                                    std::span<const std::vector<int32_t>> ids,
                                                    std::vector<LayerIndex> layers,
                                                    PassCheckpoint* checkpoint) {
  return std::make_unique<LiveSource>(model, std::move(info), ids, std::move(layers), checkpoint);
}

}  // namespace aqua::model
