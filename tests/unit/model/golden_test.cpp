// Checkpoints of every shape class, run through load_model, against transformers
// (tests/golden/model/make_model_goldens.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <string>

#include "aqua/core/error.hpp"
#include "aqua/formats/safetensors.hpp"
#include "model_fixture.hpp"

namespace aqua::model {
namespace {

// What aqua promises against float32 transformers, as ‖a − b‖ / ‖b‖.
constexpr double logits_limit = 1e-4;
constexpr double qk_limit = 1e-5;

class GoldenFile {
 public:
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

double relative_distance(std::span<const float> a, std::span<const float> b) {
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
std::vector<float> rows_at(const std::vector<float>& values, std::span<const int32_t> positions,
                           std::size_t tokens) {
  const std::size_t width = values.size() / tokens;
  std::vector<float> kept;
  for (const int32_t p : positions) {
    const auto row = values.begin() + static_cast<std::ptrdiff_t>(p * width);
    kept.insert(kept.end(), row, row + static_cast<std::ptrdiff_t>(width));
  }
  return kept;
}

class Golden : public testing::TestWithParam<std::string> {
 protected:
  Golden()
      : golden_(GetParam()),
        model_(load(GetParam() == "bundled" ? bundled_folder() : golden_folder(GetParam()))),
        ids_(golden_.ids()) {}

  // The script measures how far the float32 of transformers is from float64; our float32, whose
  // sums run in another order, may be as far on the other side, and errors vary from sum to sum by
  // a small factor. That lies far below what is promised.
  void expect_close(const std::string& what, double distance, double limit) {
    const double expected = 5 * golden_.float32_error(what);
    RecordProperty("distance_" + what, fmt::format("{:.2e}", distance));
    EXPECT_LT(distance, expected) << what;
    EXPECT_LT(expected, limit) << what;
  }

  GoldenFile golden_;
  std::unique_ptr<Model> model_;
  std::vector<std::vector<int32_t>> ids_;
};

TEST_P(Golden, LogitsAgreeWithTransformers) {
  ASSERT_FALSE(ids_.empty());
  const auto logits = logits_of(*model_, ids_, 1);
  double worst = 0.0;
  for (std::size_t s = 0; s < ids_.size(); ++s) {
    const auto expected = golden_.floats(fmt::format("{}.logits", s));
    auto positions = golden_.positions(static_cast<int64_t>(s), ids_[s].size());
    const auto kept = expected.size() / static_cast<std::size_t>(model_->facts().vocabulary);
    positions.erase(positions.begin(), positions.end() - static_cast<std::ptrdiff_t>(kept));
    const auto found = rows_at(logits[s], positions, ids_[s].size());
    worst = std::max(worst, relative_distance(found, expected));
  }
  expect_close("logits", worst, logits_limit);
}

TEST_P(Golden, QueriesAndKeysAgreeWithTransformers) {
  const auto vectors = vectors_of(*model_, ids_, 1);
  EXPECT_EQ(vectors.size(), 2 * ids_.size() * static_cast<std::size_t>(model_->facts().layers));
  double worst = 0.0;
  for (const auto& [key, found] : vectors) {
    const auto [layer, site, s] = key;
    const std::size_t tokens = ids_[static_cast<std::size_t>(s)].size();
    const auto positions = golden_.positions(s, tokens);
    const std::string name = fmt::format("{}.{}.{}.", s, layer, capture::name(site));
    worst = std::max(
        {worst, relative_distance(rows_at(found.q, positions, tokens), golden_.floats(name + "q")),
         relative_distance(rows_at(found.k, positions, tokens), golden_.floats(name + "k"))});
  }
  expect_close("qk", worst, qk_limit);
}

TEST_P(Golden, ThreeThreadsGiveTheBitsOfOne) {
  EXPECT_EQ(logits_of(*model_, ids_, 3), logits_of(*model_, ids_, 1));
  EXPECT_EQ(vectors_of(*model_, ids_, 3), vectors_of(*model_, ids_, 1));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, Golden,
                         testing::Values("mha", "gqa_tied", "mqa", "narrow_tied", "wide",
                                         "odd_biases", "sharded_biases", "linear_v4", "linear_v5",
                                         "llama3_v4", "llama3_v5", "bundled"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace aqua::model
