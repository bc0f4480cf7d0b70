// Small made-up activations, and a source that emits them.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/core/execution.hpp"
#include "aqua/core/random.hpp"
#include "aqua/linalg/products.hpp"
#include "aqua/projection/basis.hpp"

namespace aqua::analysis::testing {

/// One event's vectors. Tokens lie further apart than H·d, as in a fused projection, so that code
/// which ignores strides goes wrong.
struct EventData {
  Matrix<float> q;  ///< [T, H·d + padding]
  Matrix<float> k;  ///< [T, H_kv·d + padding]
  Matrix<float> v;
  LogitRule rule;
};

/// Emits stored events, sequences in parallel.
class FakeSource final : public capture::QkSource {
 public:
  explicit FakeSource(capture::StreamInfo info) : info_(std::move(info)) {}

  /// Standard normal vectors for every sequence of a layer and site.
  void add_random_layer(LayerIndex layer, capture::Site site, const LogitRule& rule, uint64_t seed);

  const capture::StreamInfo& info() const override { return info_; }
  std::vector<LayerIndex> layers() const override;
  void run(std::span<capture::QkSink* const> sinks, const Execution& execution) override;

  EventData& event(LayerIndex layer, capture::Site site, int64_t sequence);
  capture::QkEvent view(LayerIndex layer, capture::Site site, int64_t sequence) const;

  bool with_values = true;

 private:
  using Key = std::pair<LayerIndex, capture::Site>;
  capture::StreamInfo info_;
  std::map<Key, std::vector<EventData>> events_;  // [sequence]
  std::vector<int32_t> positions_;
};

/// Owns what an Execution refers to.
struct Workers {
  explicit Workers(int threads) : pool(threads) {}
  operator Execution() { return {.pool = pool, .progress = progress, .cancel = cancel}; }

  ThreadPool pool;
  NoProgress progress;
  CancelToken cancel;
};

/// What made-up models say that they multiply with; they do not.
const linalg::ProductEngine& some_products();

/// Runs sources through one sink.
void run(capture::QkSource& source, capture::QkSink& sink, int threads = 1);

/// Documents of a sequence, given as (document, tokens) runs.
SequenceInfo sequence(int64_t first_counted,
                      std::vector<std::pair<int32_t, int64_t>> document_runs);
capture::StreamInfo stream(const HeadLayout& heads, std::vector<SequenceInfo> sequences);

Matrix<double> random_matrix(int64_t rows, int64_t cols, uint64_t seed);
/// Haar-distributed.
projection::Basis orthogonal_basis(int64_t d, uint64_t seed);
/// Two different maps with query_map·key_mapᵀ = I, as of KQ-SVD.
projection::Basis oblique_basis(int64_t d, uint64_t seed);

}  // namespace aqua::analysis::testing
