// A small stream of events made from random numbers, and a sink that keeps what it is given.
#pragma once

#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <tuple>
#include <vector>

#include "aqua/capture/event.hpp"
#include "samples.hpp"

namespace aqua::store {

inline capture::StreamInfo sample_stream() {
  capture::StreamInfo info;
  info.model = sample_model();
  info.model.rope_layout = capture::RopeLayout::half;
  info.corpus = {"hi", "hi.txt", std::string(64, 'd'), 3, 8};
  info.sequences = {{.first_counted = 0, .document = {0, 0, 1, 1, 1}},
                    {.first_counted = 2, .document = {1, 1, 2}},
                    {.first_counted = 1, .document = {2, 2}}};
  info.documents = {"one", "दो", "3"};
  return info;
}

/// One event's vectors as they lie in memory: rows of heads with something else behind them.
class SampleVectors {
 public:
  SampleVectors(int64_t tokens, int64_t heads, uint64_t seed)
      : tokens_(tokens),
        heads_(heads),
        stride_(heads * sample_heads.head_dim + 2),
        data_(static_cast<std::size_t>(tokens * stride_)) {
    Random random(seed, Random::Purpose::test);
    for (float& value : data_) value = static_cast<float>(random.normal());
  }
  HeadsView<const float> view() const {
    return {data_.data(), tokens_, heads_, sample_heads.head_dim, stride_};
  }

 private:
  int64_t tokens_, heads_, stride_;
  std::vector<float> data_;
};

inline LogitRule sample_rule(LayerIndex layer) {
  LogitRule rule;
  rule.scale = 0.1F * static_cast<float>(layer.value + 1);
  if (layer.value > 0) {
    rule.softcap = 30.1F;
    rule.window = 4;
  }
  return rule;
}

/// Sends one (layer, site, sequence) to a sink.
inline void send(capture::QkSink& sink, LayerIndex layer, capture::Site site, int64_t sequence,
                 const capture::StreamInfo& info) {
  const int64_t tokens = info.sequences[static_cast<std::size_t>(sequence)].length();
  std::vector<int32_t> positions(static_cast<std::size_t>(tokens));
  std::iota(positions.begin(), positions.end(), 0);
  const auto seed = static_cast<uint64_t>(100 * layer.value + 10 * sequence +
                                          (site == capture::Site::pre_rope ? 5 : 0));
  const SampleVectors q(tokens, sample_heads.query_heads, seed);
  const SampleVectors k(tokens, sample_heads.kv_heads, seed + 1);
  const SampleVectors v(tokens, sample_heads.kv_heads, seed + 2);
  capture::QkEvent event;
  event.layer = layer;
  event.site = site;
  event.sequence = sequence;
  event.positions = positions;
  event.q = q.view();
  event.k = k.view();
  if (site == capture::Site::post_rope) event.v = v.view();
  event.rule = sample_rule(layer);
  sink.consume(event);
}

/// Sends layers 0 and 2, the sequences of each in increasing or falling order.
inline void send_all(capture::QkSink& sink, const Execution& execution, bool falling = false) {
  const capture::StreamInfo info = sample_stream();
  const auto sequences = static_cast<int64_t>(info.sequences.size());
  sink.begin(info);
  for (const LayerIndex layer : {LayerIndex{0}, LayerIndex{2}}) {
    sink.begin_layer(layer);
    execution.for_each(sequences, [&](int64_t i, int) {
      for (const capture::Site site : sink.sites()) {
        send(sink, layer, site, falling ? sequences - 1 - i : i, info);
      }
    });
    sink.end_layer(layer, execution);
  }
  sink.end();
}

/// Keeps copies of all events.
class Recorder final : public capture::QkSink {
 public:
  struct Record {
    std::vector<float> q, k, v;
    std::vector<int32_t> positions;
    LogitRule rule;
    bool operator==(const Record&) const = default;
  };
  using Key = std::tuple<LayerIndex, capture::Site, int64_t>;

  explicit Recorder(std::set<capture::Site> sites, bool values = false)
      : sites_(std::move(sites)), values_(values) {}

  std::set<capture::Site> sites() const override { return sites_; }
  bool wants_values() const override { return values_; }
  void begin(const capture::StreamInfo& info) override {
    ++begins;
    corpus = info.corpus;
  }
  void begin_layer(LayerIndex layer) override { begun_layers.push_back(layer); }
  void consume(const capture::QkEvent& event) override {
    Record record{copy(event.q),
                  copy(event.k),
                  copy(event.v),
                  {event.positions.begin(), event.positions.end()},
                  event.rule};
    const std::lock_guard lock(mutex_);
    const bool fresh =
        records.emplace(Key{event.layer, event.site, event.sequence}, std::move(record)).second;
    if (!fresh) throw Error("an event arrived twice");
  }
  void end_layer(LayerIndex layer, const Execution&) override { ended_layers.push_back(layer); }
  void end() override { ++ends; }

  int begins = 0;
  int ends = 0;
  CorpusFacts corpus;
  std::vector<LayerIndex> begun_layers;
  std::vector<LayerIndex> ended_layers;
  std::map<Key, Record> records;

 private:
  static std::vector<float> copy(HeadsView<const float> view) {
    std::vector<float> values;
    for (int64_t t = 0; t < view.tokens(); ++t) {
      const auto row = view.heads_range(0, view.heads()).row(t);
      values.insert(values.end(), row.begin(), row.end());
    }
    return values;
  }

  std::set<capture::Site> sites_;
  bool values_;
  std::mutex mutex_;
};

}  // namespace aqua::store
