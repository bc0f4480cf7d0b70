// AQUA attention from a projection file (any format of aqua export), on queries, keys and values
// that aqua capture kept: how far the last token's attention outputs are from exact attention's.
//
//   aqua calibrate -m MODEL -c en=text.txt -o m.aqua.h5
//   aqua export m.aqua.h5 -o m.proj.gguf
//   aqua capture -m MODEL -c en=text.txt -o acts.h5
//   attention_error m.proj.gguf acts.h5 0.5
#include <aqua/core/error.hpp>
#include <aqua/export/export.hpp>
#include <aqua/projection/selection.hpp>
#include <aqua/store/activations.hpp>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "aqua_kernel.hpp"

namespace {

std::vector<float> copy_of(aqua::ConstMatrixView<float> rows) {
  std::vector<float> values;
  for (int64_t r = 0; r < rows.rows(); ++r) {
    values.insert(values.end(), rows.row(r).begin(), rows.row(r).end());
  }
  return values;
}

/// Receives the vectors of one layer and sequence at a time.
class Comparison final : public aqua::capture::QkSink {
 public:
  Comparison(const aqua::store::ProjectionFile& file, double k_ratio)
      : file_(file),
        k_(static_cast<std::size_t>(aqua::projection::kept_dimensions(k_ratio, file.columns))) {}

  std::set<aqua::capture::Site> sites() const override { return {aqua::capture::Site::post_rope}; }
  bool wants_values() const override { return true; }

  void consume(const aqua::capture::QkEvent& event) override {
    for (const aqua::store::ProjectionLayer& layer : file_.layers) {
      if (layer.layer != event.layer) continue;
      for (int64_t head = 0; head < event.q.heads(); ++head) compare(event, layer, head);
    }
  }

  double relative_error() const { return std::sqrt(difference_ / norm_); }

 private:
  void compare(const aqua::capture::QkEvent& event, const aqua::store::ProjectionLayer& layer,
               int64_t head) {
    const int64_t kv_head = head / (event.q.heads() / event.k.heads());
    const auto tokens = static_cast<std::size_t>(event.k.tokens());
    const auto size = static_cast<std::size_t>(file_.head_dim * file_.columns);
    const auto map_of = [&](const std::vector<float>& maps) {
      return std::span(maps).subspan(static_cast<std::size_t>(kv_head) * size, size);
    };
    const auto query_map = map_of(layer.query_map);
    const auto key_map = layer.key_map.empty() ? query_map : map_of(layer.key_map);

    const auto q = event.q.head(head).row(event.q.tokens() - 1);
    const std::vector<float> keys = copy_of(event.k.head(kv_head));
    const std::vector<float> values = copy_of(event.v.head(kv_head));
    std::vector<float> rotated_keys;  // what a cache would hold
    for (std::size_t j = 0; j < tokens; ++j) {
      const auto rotated = rotate(std::span(keys).subspan(j * q.size(), q.size()), key_map);
      rotated_keys.insert(rotated_keys.end(), rotated.begin(), rotated.end());
    }
    const std::vector<float> rotated_q = rotate(q, query_map);

    const float scale = event.rule.scale;
    const auto exact = attend(q, keys, values, tokens, scale, largest(q, q.size()));
    const auto approximate =
        attend(rotated_q, rotated_keys, values, tokens, scale, largest(rotated_q, k_));
    const std::lock_guard lock(mutex_);  // events of several sequences come at once
    for (std::size_t c = 0; c < exact.size(); ++c) {
      difference_ += std::pow(approximate[c] - exact[c], 2);
      norm_ += std::pow(exact[c], 2);
    }
  }

  const aqua::store::ProjectionFile& file_;
  std::size_t k_;
  std::mutex mutex_;
  double difference_ = 0.0;
  double norm_ = 0.0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4)
    return std::fputs("usage: attention_error PROJECTIONS ACTIVATIONS K_RATIO\n", stderr), 2;
  try {
    const auto* format = aqua::exporter::format_of(argv[1]);
    if (format == nullptr) aqua::fail<aqua::UsageError>("{}: no projection file", argv[1]);
    const aqua::store::ProjectionFile projections = format->read(argv[1]);
    Comparison comparison(projections, std::atof(argv[3]));
    aqua::capture::QkSink* const sinks[] = {&comparison};
    aqua::ThreadPool pool(1);
    aqua::NoProgress progress;
    const aqua::CancelToken cancel;
    aqua::store::open_activations(argv[2])->run(sinks, {pool, progress, cancel});
    std::printf("relative error of attention outputs: %.6f\n", comparison.relative_error());
  } catch (const aqua::Error& error) {
    return std::fprintf(stderr, "attention_error: %s\n", error.what()), 1;
  }
}
