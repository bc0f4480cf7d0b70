// Running models in tests: the golden checkpoints, and everything one pass says.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/linalg/backend.hpp"
#include "aqua/model/live_source.hpp"
#include "aqua/model/model.hpp"

namespace aqua::model {

inline std::filesystem::path golden_folder(const std::string& name) {
  return std::filesystem::path(AQUA_SOURCE_DIR) / "tests/golden/model" / name;
}

inline std::filesystem::path bundled_folder() {
  return std::filesystem::path(AQUA_SOURCE_DIR) / "data/models/aqua-tiny-bilingual";
}

inline std::unique_ptr<Model> load(const std::filesystem::path& folder) {
  linalg::use_one_blas_thread();
  return load_model(folder, false, CancelToken{});
}

/// What a pass is run with, without the ceremony.
struct TestExecution {
  explicit TestExecution(int threads) : pool(threads) {}
  ThreadPool pool;
  NoProgress progress;
  CancelToken cancel;
  Execution execution{pool, progress, cancel};
};

/// A stream of sequences that are one document each.
inline capture::StreamInfo stream_of(const Model& model,
                                     const std::vector<std::vector<int32_t>>& ids) {
  capture::StreamInfo info;
  info.model = model.facts();
  info.corpus.name = "test";
  for (std::size_t s = 0; s < ids.size(); ++s) {
    info.sequences.push_back({0, std::vector<int32_t>(ids[s].size(), static_cast<int32_t>(s))});
    info.documents.push_back(std::to_string(s + 1));
  }
  return info;
}

/// Keeps a copy of every q and k.
class KeepingSink final : public capture::QkSink {
 public:
  struct Vectors {
    std::vector<float> q;  // [T, H, d]
    std::vector<float> k;  // [T, H_kv, d]
    bool operator==(const Vectors&) const = default;
  };
  using Key = std::tuple<int32_t, capture::Site, int64_t>;  // layer, site, sequence

  std::set<capture::Site> sites() const override {
    return {capture::Site::pre_rope, capture::Site::post_rope};
  }
  void consume(const capture::QkEvent& event) override {
    Vectors vectors{copy(event.q), copy(event.k)};
    const std::lock_guard lock(mutex_);
    vectors_[{event.layer.value, event.site, event.sequence}] = std::move(vectors);
  }
  const std::map<Key, Vectors>& vectors() const { return vectors_; }

 private:
  static std::vector<float> copy(HeadsView<const float> x) {
    std::vector<float> values;
    const auto rows = x.heads_range(0, x.heads());
    for (int64_t t = 0; t < rows.rows(); ++t) {
      values.insert(values.end(), rows.row(t).begin(), rows.row(t).end());
    }
    return values;
  }

  std::map<Key, Vectors> vectors_;
  std::mutex mutex_;
};

/// All logits of every sequence, [T, vocabulary].
inline std::vector<std::vector<float>> logits_of(const Model& model,
                                                 const std::vector<std::vector<int32_t>>& ids,
                                                 int threads) {
  const auto vocabulary = static_cast<std::size_t>(model.facts().vocabulary);
  std::vector<std::vector<float>> logits;
  for (const auto& sequence : ids) logits.emplace_back(sequence.size() * vocabulary);
  RunRequest request;
  request.ids = ids;
  request.logits = [&](const LogitsBlock& block) {
    const ConstMatrixView<float> rows = block.logits.front();
    auto at = logits[static_cast<std::size_t>(block.sequence)].begin() +
              block.first * static_cast<std::ptrdiff_t>(vocabulary);
    for (int64_t r = 0; r < rows.rows(); ++r) {
      at = std::copy(rows.row(r).begin(), rows.row(r).end(), at);
    }
  };
  TestExecution run(threads);
  model.run(request, run.execution);
  return logits;
}

/// q and k of every layer, site and sequence.
inline std::map<KeepingSink::Key, KeepingSink::Vectors> vectors_of(
    const Model& model, const std::vector<std::vector<int32_t>>& ids, int threads) {
  KeepingSink sink;
  capture::QkSink* const sinks[] = {&sink};
  TestExecution run(threads);
  make_live_source(model, stream_of(model, ids), ids, {})->run(sinks, run.execution);
  return sink.vectors();
}

}  // namespace aqua::model
