#include "aqua/model/compute.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "aqua/core/error.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/model/cost.hpp"
#include "hidden_states.hpp"
#include "model_fixture.hpp"
#include "temporary_folder.hpp"

namespace aqua::model {
namespace {

TEST(Compute, NamesGoBothWays) {
  EXPECT_THAT(compute_names(), ::testing::ElementsAre("float32", "bfloat16", "auto", "reference"));
  for (const std::string& text : compute_names()) EXPECT_EQ(name(compute_from_name(text)), text);
  try {
    compute_from_name("float16");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "compute: expected one of float32, bfloat16, auto, reference, found \"float16\"");
  }
}

TEST(Compute, WishesBecomeEngines) {
  using linalg::ProductType;
  const ProductType best =
      linalg::has_bfloat16_products() ? ProductType::bfloat16 : ProductType::float32;
  for (const bool bf16_checkpoint : {false, true}) {
    EXPECT_EQ(choose_products(Compute::float32, bf16_checkpoint)->type(), ProductType::float32);
    EXPECT_EQ(choose_products(Compute::bfloat16, bf16_checkpoint)->type(), best);
    EXPECT_THAT(choose_products(Compute::reference, bf16_checkpoint)->name(),
                ::testing::StartsWith("OpenBLAS"));
  }
  EXPECT_EQ(choose_products(Compute::automatic, false)->type(), ProductType::float32);
  EXPECT_EQ(choose_products(Compute::automatic, true)->type(), best);
}

TEST(HiddenStates, InMemoryUpToTheLimit) {
  HiddenStates unlimited(100, 64, {});
  EXPECT_FALSE(unlimited.in_file());
  HiddenStates exact(100, 64, {.memory_limit = 100 * 64 * 4, .temporary_folder = {}});
  EXPECT_FALSE(exact.in_file());
  HiddenStates one_of_two(100, 64, {.memory_limit = 2 * 100 * 64 * 4, .temporary_folder = {}}, 2);
  EXPECT_FALSE(one_of_two.in_file());
  HiddenStates too_large(100, 64, {.memory_limit = 2 * 100 * 64 * 4 - 1, .temporary_folder = {}},
                         2);
  EXPECT_TRUE(too_large.in_file());
}

TEST(HiddenStates, ReleasedRowsKeepTheirValues) {
  const test::TemporaryFolder folder;
  HiddenStates states(1000, 64, {.memory_limit = 4096, .temporary_folder = folder.path()});
  ASSERT_TRUE(states.in_file());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));  // the file has no name
  const auto rows = states.view();
  for (int64_t r = 0; r < 1000; ++r) {
    for (int64_t c = 0; c < 64; ++c) {
      ASSERT_EQ(rows(r, c), 0.0F);
      rows(r, c) = static_cast<float>(r * 64 + c);
    }
  }
  states.release(0, 1000);
  states.release(10, 500);
  states.release(3, 0);
  for (int64_t r = 0; r < 1000; ++r) {
    for (int64_t c = 0; c < 64; ++c) ASSERT_EQ(rows(r, c), static_cast<float>(r * 64 + c));
  }
}

TEST(HiddenStates, AFolderThatDoesNotExistIsNamed) {
  try {
    const HiddenStates states(1000, 64, {.memory_limit = 1, .temporary_folder = "/no/such/folder"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "/no/such/folder: a temporary file for hidden states cannot be made: No such file "
                 "or directory");
  }
}

std::vector<std::vector<int32_t>> some_ids() {
  std::vector<std::vector<int32_t>> ids;
  for (int32_t s = 0; s < 4; ++s) {
    auto& sequence = ids.emplace_back();
    for (int32_t t = 0; t < 40 + 7 * s; ++t) sequence.push_back((1 + t * 37 + s * 101) % 8000);
  }
  return ids;
}

std::unique_ptr<Model> bundled(const ComputeSettings& settings) {
  linalg::use_one_blas_thread();
  return load_model(bundled_folder(), false, CancelToken{}, settings);
}

TEST(ModelCompute, StatesInAFileGiveTheSameBits) {
  const auto ids = some_ids();
  const auto in_memory = bundled({});
  const auto in_file = bundled({.memory_limit = 1, .temporary_folder = {}});
  EXPECT_EQ(logits_of(*in_file, ids, 2), logits_of(*in_memory, ids, 2));
  EXPECT_EQ(vectors_of(*in_file, ids, 2), vectors_of(*in_memory, ids, 2));
}

TEST(ModelCompute, StatesOfExpertsInAFileGiveTheSameBits) {
  // More tokens than an expert takes at once; ids within the golden's vocabulary.
  std::vector<std::vector<int32_t>> ids(15);
  for (std::size_t s = 0; s < ids.size(); ++s) {
    for (int32_t t = 0; t < 60; ++t) ids[s].push_back((t * 7 + static_cast<int32_t>(s)) % 50);
  }
  const auto load = [](int64_t limit) {
    return load_model(golden_folder("families/olmoe_gqa"), false, CancelToken{},
                      {.memory_limit = limit, .temporary_folder = {}});
  };
  const auto in_memory = load(0);
  const auto in_file = load(1);
  EXPECT_EQ(logits_of(*in_file, ids, 2), logits_of(*in_memory, ids, 2));
  // Twice the hidden states: before and after the norm.
  const PassShape shape{.tokens = 1000, .longest_sequence = 100, .layers = 2, .threads = 2};
  const int64_t width = in_memory->facts().hidden_size * 4;
  EXPECT_EQ(in_memory->cost(shape).memory.hidden_states, 2 * 1000 * width);
  EXPECT_EQ(in_file->cost(shape).memory.hidden_states, 2 * (2 * 256) * width);
}

double distance(const std::vector<std::vector<float>>& a,
                const std::vector<std::vector<float>>& b) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t s = 0; s < a.size(); ++s) {
    for (std::size_t i = 0; i < a[s].size(); ++i) {
      difference += std::pow(static_cast<double>(a[s][i]) - b[s][i], 2);
      norm += std::pow(static_cast<double>(b[s][i]), 2);
    }
  }
  return std::sqrt(difference / norm);
}

TEST(ModelCompute, EnginesAgree) {
  const auto ids = some_ids();
  const auto exact =
      logits_of(*bundled({.compute = Compute::reference, .temporary_folder = {}}), ids, 2);
  // float32 rounding, as between any two BLAS libraries (golden_file.hpp's limit for logits).
  EXPECT_LE(distance(logits_of(*bundled({}), ids, 2), exact), 1e-4);
  if (!linalg::has_bfloat16_products()) GTEST_SKIP() << "this CPU has no bfloat16 products";
  // Each of the six layers adds the roundings of its products, 2^-8 relative to them, to states
  // that keep those of the layers before: at most 6 · 4 products · 2^-8, and not nothing.
  const double rounded = distance(
      logits_of(*bundled({.compute = Compute::bfloat16, .temporary_folder = {}}), ids, 2), exact);
  EXPECT_GT(rounded, 1e-4);
  EXPECT_LE(rounded, 6 * 4 * 0x1p-8);
}

TEST(ModelCompute, BFloat16DoesNotDependOnThreads) {
  if (!linalg::has_bfloat16_products()) GTEST_SKIP() << "this CPU has no bfloat16 products";
  const auto ids = some_ids();
  const auto model = bundled({.compute = Compute::bfloat16, .temporary_folder = {}});
  EXPECT_EQ(vectors_of(*model, ids, 3), vectors_of(*model, ids, 1));
  EXPECT_EQ(logits_of(*model, ids, 3), logits_of(*model, ids, 1));
}

TEST(ModelCost, CountsTheProductsOfTheLayersThatRun) {
  // 8 query and 4 KV heads of 64 dimensions.
  const auto model = bundled({});
  const PassCost one = model->cost({.tokens = 1000, .longest_sequence = 100, .layers = 1});
  EXPECT_DOUBLE_EQ(one.product_flops,
                   2.0 * 1000 * static_cast<double>(model->facts().hidden_size * (8 + 2 * 4) * 64));
  EXPECT_EQ(one.attention_flops, 0.0);
  const PassCost two = model->cost({.tokens = 1000, .longest_sequence = 100, .layers = 2});
  // All pairs of a query and an earlier or equal key, 4·H·d operations each.
  EXPECT_DOUBLE_EQ(two.attention_flops, 10 * (100 * 101 / 2) * 4.0 * 8 * 64);
  EXPECT_GT(two.product_flops, 2 * one.product_flops);
  EXPECT_EQ(one.memory.hidden_states, 1000 * model->facts().hidden_size * 4);
  const auto limited = bundled({.memory_limit = 4096, .temporary_folder = {}});
  const PassMemory in_file =
      limited->cost({.tokens = 1000, .longest_sequence = 100, .layers = 2, .threads = 2}).memory;
  EXPECT_TRUE(in_file.hidden_states_in_file);
  EXPECT_EQ(in_file.hidden_states, 2 * 100 * model->facts().hidden_size * 4);
}

TEST(MeasuredRate, IsPositive) {
  ThreadPool pool(2);
  NoProgress progress;
  const CancelToken cancel;
  const auto products = choose_products(Compute::float32, false);
  EXPECT_GT(measured_flops_per_second(*products, 64, {pool, progress, cancel}), 1e6);
}

}  // namespace
}  // namespace aqua::model
