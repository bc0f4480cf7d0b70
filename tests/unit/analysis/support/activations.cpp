#include "support/activations.hpp"

#include <numeric>

#include "aqua/linalg/blas.hpp"
#include "aqua/linalg/qr.hpp"

namespace aqua::analysis::testing {
namespace {

constexpr int64_t padding = 3;

Matrix<float> random_vectors(int64_t tokens, int64_t width, Random& random) {
  Matrix<float> x(tokens, width + padding);
  for (int64_t t = 0; t < tokens; ++t) {
    // What stands in the padding must never be read.
    for (float& value : x.row(t)) value = 1e6F;
    for (int64_t c = 0; c < width; ++c) x(t, c) = static_cast<float>(random.normal());
  }
  return x;
}

HeadsView<const float> heads_of(const Matrix<float>& x, int64_t heads, int64_t d) {
  return {x.data(), x.rows(), heads, d, x.cols()};
}

}  // namespace

void FakeSource::add_random_layer(LayerIndex layer, capture::Site site, const LogitRule& rule,
                                  uint64_t seed) {
  const HeadLayout& heads = info_.model.heads;
  Random random(seed, Random::Purpose::test);
  for (const SequenceInfo& s : info_.sequences) {
    events_[{layer, site}].push_back(
        {.q = random_vectors(s.length(), heads.query_heads * heads.head_dim, random),
         .k = random_vectors(s.length(), heads.kv_heads * heads.head_dim, random),
         .v = random_vectors(s.length(), heads.kv_heads * heads.head_dim, random),
         .rule = rule});
    positions_.resize(std::max(positions_.size(), s.document.size()));
  }
  std::iota(positions_.begin(), positions_.end(), 0);
}

std::vector<LayerIndex> FakeSource::layers() const {
  std::set<LayerIndex> layers;
  for (const auto& [key, events] : events_) layers.insert(key.first);
  return {layers.begin(), layers.end()};
}

EventData& FakeSource::event(LayerIndex layer, capture::Site site, int64_t sequence) {
  return events_.at({layer, site})[sequence];
}

capture::QkEvent FakeSource::view(LayerIndex layer, capture::Site site, int64_t sequence) const {
  const HeadLayout& heads = info_.model.heads;
  const EventData& data = events_.at({layer, site})[sequence];
  capture::QkEvent event{.layer = layer,
                         .site = site,
                         .sequence = sequence,
                         .positions = std::span(positions_).first(data.q.rows()),
                         .q = heads_of(data.q, heads.query_heads, heads.head_dim),
                         .k = heads_of(data.k, heads.kv_heads, heads.head_dim),
                         .v = {},
                         .rule = data.rule};
  if (with_values && site == capture::Site::post_rope) {
    event.v = heads_of(data.v, heads.kv_heads, heads.head_dim);
  }
  return event;
}

void FakeSource::run(std::span<capture::QkSink* const> sinks, const Execution& execution) {
  for (capture::QkSink* sink : sinks) sink->begin(info_);
  for (const LayerIndex layer : layers()) {
    for (capture::QkSink* sink : sinks) sink->begin_layer(layer);
    execution.for_each(std::ssize(info_.sequences), [&](int64_t s, int) {
      for (const auto& [key, events] : events_) {
        if (key.first != layer) continue;
        for (capture::QkSink* sink : sinks) sink->consume(view(layer, key.second, s));
      }
    });
    for (capture::QkSink* sink : sinks) sink->end_layer(layer, execution);
  }
  for (capture::QkSink* sink : sinks) sink->end();
}

const linalg::ProductEngine& some_products() {
  static const auto engine =
      linalg::make_product_engine(linalg::ProductLibrary::openblas, linalg::ProductType::float32);
  return *engine;
}

void run(capture::QkSource& source, capture::QkSink& sink, int threads) {
  Workers workers(threads);
  capture::QkSink* sinks[] = {&sink};
  source.run(sinks, workers);
}

SequenceInfo sequence(int64_t first_counted,
                      std::vector<std::pair<int32_t, int64_t>> document_runs) {
  SequenceInfo info{.first_counted = first_counted, .document = {}};
  for (const auto& [document, tokens] : document_runs) {
    info.document.insert(info.document.end(), static_cast<std::size_t>(tokens), document);
  }
  return info;
}

capture::StreamInfo stream(const HeadLayout& heads, std::vector<SequenceInfo> sequences) {
  capture::StreamInfo info;
  info.model.name = "fake";
  info.model.heads = heads;
  info.corpus.name = "en";
  info.sequences = std::move(sequences);
  return info;
}

Matrix<double> random_matrix(int64_t rows, int64_t cols, uint64_t seed) {
  Random random(seed, Random::Purpose::test);
  Matrix<double> m(rows, cols);
  for (int64_t r = 0; r < rows; ++r) {
    for (double& value : m.row(r)) value = random.normal();
  }
  return m;
}

projection::Basis orthogonal_basis(int64_t d, uint64_t seed) {
  projection::Basis basis;
  basis.query_map = linalg::orthonormal_factor(random_matrix(d, d, seed).view());
  basis.key_map = basis.query_map.clone();
  return basis;
}

projection::Basis oblique_basis(int64_t d, uint64_t seed) {
  // P·D and P·D⁻¹ with P orthogonal and D diagonal.
  projection::Basis basis = orthogonal_basis(d, seed);
  for (int64_t r = 0; r < d; ++r) {
    for (int64_t c = 0; c < d; ++c) {
      const double scale = 2.0 / (1.0 + static_cast<double>(c));
      basis.query_map(r, c) *= scale;
      basis.key_map(r, c) /= scale;
    }
  }
  basis.orthogonal = false;
  return basis;
}

}  // namespace aqua::analysis::testing
