// Llama checkpoints of every shape class, run through load_model, against transformers
// (tests/golden/model/make_model_goldens.py).
#include <gtest/gtest.h>

#include "golden_file.hpp"

namespace aqua::model {
namespace {

class Golden : public testing::TestWithParam<std::string> {
 protected:
  Golden()
      : golden_(GetParam()),
        model_(load(GetParam() == "bundled" ? bundled_folder() : golden_folder(GetParam()))),
        ids_(golden_.ids()) {}

  GoldenFile golden_;
  std::unique_ptr<Model> model_;
  std::vector<std::vector<int32_t>> ids_;
};

TEST_P(Golden, LogitsAgreeWithTransformers) {
  ASSERT_FALSE(ids_.empty());
  expect_close(golden_, "logits", logits_distance(golden_, *model_, ids_), logits_limit);
}

TEST_P(Golden, QueriesAndKeysAgreeWithTransformers) {
  expect_close(golden_, "qk", vectors_distance(golden_, *model_, ids_), qk_limit);
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
