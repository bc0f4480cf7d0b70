// Sequences longer than the blocks in which attention, feed-forward and logits are computed.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "aqua/core/random.hpp"
#include "model_fixture.hpp"

namespace aqua::model {
namespace {

TEST(LongSequence, EveryTokenSeesWhatItSeesInAShorterOne) {
  // A token's logits depend on the tokens before it only; blocks of 128, 256 and 512 tokens end in
  // different places of the shorter sequences, and their products have other shapes.
  const auto model = load(bundled_folder());
  Random random(1, Random::Purpose::test);
  std::vector<int32_t> tokens(600);
  for (int32_t& id : tokens) id = static_cast<int32_t>(random.below(8192));
  std::vector<std::vector<int32_t>> ids{tokens};
  for (const int64_t length : {1, 127, 128, 129, 256, 257, 511, 512, 513}) {
    ids.emplace_back(tokens.begin(), tokens.begin() + length);
  }
  const auto logits = logits_of(*model, ids, 2);
  const auto vocabulary = static_cast<std::size_t>(model->facts().vocabulary);
  for (std::size_t s = 1; s < ids.size(); ++s) {
    const float* last = logits[s].data() + (ids[s].size() - 1) * vocabulary;
    const float* same = logits[0].data() + (ids[s].size() - 1) * vocabulary;
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < vocabulary; ++i) {
      difference += std::pow(static_cast<double>(last[i]) - static_cast<double>(same[i]), 2);
      norm += std::pow(static_cast<double>(last[i]), 2);
    }
    // Two float32 computations of the same sums; see golden_test for their size.
    EXPECT_LT(std::sqrt(difference / norm), 4e-6) << ids[s].size() << " tokens";
  }
}

TEST(LongSequence, TheLastPositionOfTheModelWorks) {
  const auto model = load(golden_folder("mha"));
  std::vector<int32_t> ids(static_cast<std::size_t>(model->max_positions()));
  std::iota(ids.begin(), ids.end(), -3);
  for (int32_t& id : ids) id = std::clamp(id, 0, 60);
  EXPECT_EQ(logits_of(*model, {ids}, 1).front().size(), 64U * 61U);
}

}  // namespace
}  // namespace aqua::model
