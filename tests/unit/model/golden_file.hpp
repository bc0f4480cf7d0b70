// Reading golden.safetensors, and what distance from it is allowed.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <string>

#include "aqua/formats/safetensors.hpp"
#include "model_fixture.hpp"

namespace aqua::model {

// What aqua promises against float32 transformers, as ‖a − b‖ / ‖b‖.
inline constexpr double logits_limit = 1e-4;
inline constexpr double qk_limit = 1e-5;

class GoldenFile {
 public:
  /// `name`: a folder of tests/golden/model.
  explicit GoldenFile(const std::string& name)
      : file_(formats::open_safetensors(golden_folder(name) / "golden.safetensors")) {}

  std::vector<std::vector<int32_t>> ids() const {
    std::vector<std::vector<int32_t>> all;
    while (file_->find(fmt::format("{}.ids", all.size())) != nullptr) {
      all.push_back(integers(fmt::format("{}.ids", all.size())));
    }
    return all;
  }
  /// The tokens of a sequence whose vectors are kept; of logits only the last, if not all are.
  std::vector<int32_t> positions(int64_t sequence, std::size_t length) const {
    const std::string name = fmt::format("{}.positions", sequence);
    if (file_->find(name) != nullptr) return integers(name);
    std::vector<int32_t> all(length);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  std::vector<float> floats(const std::string& name) const {
    const formats::Tensor& tensor = formats::require(*file_, name);
    std::vector<float> values(tensor.bytes.size() / sizeof(float));
    formats::to_float32(tensor.dtype, tensor.bytes, values);
    return values;
  }
  double float32_error(const std::string& what) const {
    return floats("float32_error." + what).at(0);
  }

 private:
  std::vector<int32_t> integers(const std::string& name) const {
    const formats::Tensor& tensor = formats::require(*file_, name);
    std::vector<int32_t> values(tensor.bytes.size() / sizeof(int32_t));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    return values;
  }

  std::unique_ptr<formats::TensorFile> file_;
};

inline double relative_distance(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / norm);
}

// Rows `positions` of values [T, width].
inline std::vector<float> rows_at(const std::vector<float>& values,
                                  std::span<const int32_t> positions, std::size_t tokens) {
  const std::size_t width = values.size() / tokens;
  std::vector<float> kept;
  for (const int32_t p : positions) {
    const auto row = values.begin() + static_cast<std::ptrdiff_t>(p * width);
    kept.insert(kept.end(), row, row + static_cast<std::ptrdiff_t>(width));
  }
  return kept;
}

/// The script measures how far the float32 of transformers is from float64; our float32, whose sums
/// run in another order, may be as far on the other side, and errors vary from sum to sum by a
/// small factor. That lies far below what is promised.
inline void expect_close(const GoldenFile& golden, const std::string& what, double distance,
                         double limit) {
  const double expected = 5 * golden.float32_error(what);
  testing::Test::RecordProperty("distance_" + what, fmt::format("{:.2e}", distance));
  EXPECT_LT(distance, expected) << what;
  EXPECT_LT(expected, limit) << what;
}

/// The largest distance of any sequence's logits.
inline double logits_distance(const GoldenFile& golden, const Model& model,
                              const std::vector<std::vector<int32_t>>& ids) {
  const auto logits = logits_of(model, ids, 1);
  double worst = 0.0;
  for (std::size_t s = 0; s < ids.size(); ++s) {
    const auto expected = golden.floats(fmt::format("{}.logits", s));
    auto positions = golden.positions(static_cast<int64_t>(s), ids[s].size());
    const auto kept = expected.size() / static_cast<std::size_t>(model.facts().vocabulary);
    positions.erase(positions.begin(), positions.end() - static_cast<std::ptrdiff_t>(kept));
    const auto found = rows_at(logits[s], positions, ids[s].size());
    worst = std::max(worst, relative_distance(found, expected));
  }
  return worst;
}

/// How a file arranges the dimensions of a head of d: dimension i of the file's is rope_order(…)[i]
/// of Hugging Face's.
inline std::vector<int64_t> rope_order(capture::RopeLayout layout, int64_t d) {
  std::vector<int64_t> order(static_cast<std::size_t>(d));
  for (int64_t i = 0; i < d; ++i) {
    const bool interleaved = layout == capture::RopeLayout::interleaved;
    order[static_cast<std::size_t>(i)] = interleaved ? i / 2 + (i % 2) * (d / 2) : i;
  }
  return order;
}

/// The largest distance of any q or k, with the golden's dimensions in the model's order.
inline double vectors_distance(const GoldenFile& golden, const Model& model,
                               const std::vector<std::vector<int32_t>>& ids) {
  const auto vectors = vectors_of(model, ids, 1);
  EXPECT_EQ(vectors.size(), 2 * ids.size() * static_cast<std::size_t>(model.facts().layers));
  const auto order = rope_order(model.facts().rope_layout, model.facts().heads.head_dim);
  const auto arranged = [&](const std::string& name) {
    const auto values = golden.floats(name);
    std::vector<float> result(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t start = i / order.size() * order.size();
      result[i] = values[start + static_cast<std::size_t>(order[i - start])];
    }
    return result;
  };
  double worst = 0.0;
  for (const auto& [key, found] : vectors) {
    const auto [layer, site, s] = key;
    const std::size_t tokens = ids[static_cast<std::size_t>(s)].size();
    const auto positions = golden.positions(s, tokens);
    const std::string name = fmt::format("{}.{}.{}.", s, layer, capture::name(site));
    worst = std::max(
        {worst, relative_distance(rows_at(found.q, positions, tokens), arranged(name + "q")),
         relative_distance(rows_at(found.k, positions, tokens), arranged(name + "k"))});
  }
  return worst;
}

}  // namespace aqua::model
