// make_bases.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "aqua/analysis/fit.hpp"
#include "aqua/analysis/retention.hpp"
#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

using capture::Site;

constexpr HeadLayout layout{.query_heads = 4, .kv_heads = 2, .head_dim = 4};

store::Calibration calibration(uint64_t seed = 1) {
  FakeSource source(stream(layout, {sequence(0, {{0, 12}})}));
  source.add_random_layer({0}, Site::post_rope, {}, seed);
  source.add_random_layer({1}, Site::post_rope, {}, seed + 10);
  FitSink sink({Site::post_rope});
  run(source, sink);
  Workers workers(1);
  store::Calibration calibration;
  calibration.model.heads = layout;
  calibration.heads = solve(sink.take(), workers);
  return calibration;
}

std::vector<NamedBasis> make(const std::vector<std::string>& names,
                             const store::Calibration* native,
                             const store::Calibration& fitted = calibration(),
                             Site site = Site::post_rope) {
  Workers workers(2);
  const std::vector<LayerIndex> layers{{0}, {1}};
  return make_bases(names, site, layers, fitted, native, 7, workers);
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no usage error";
}

TEST(MakeBases, MakesEveryMethodForEveryHead) {
  std::vector<std::string> names;
  for (const auto& method : projection::basis_methods()) names.emplace_back(method.name);
  const store::Calibration fitted = calibration();
  const auto bases = make(names, nullptr, fitted);
  ASSERT_EQ(bases.size(), names.size());
  for (std::size_t b = 0; b < bases.size(); ++b) {
    EXPECT_EQ(bases[b].name, names[b]);
    for (const LayerIndex layer : {LayerIndex{0}, LayerIndex{1}}) {
      for (int64_t g = 0; g < 2; ++g) {
        const auto& method = projection::basis_method(names[b]);
        const projection::Basis expected =
            method.make({.statistics = &fitted.heads.at({layer, Site::post_rope})[g].statistics,
                         .head_dim = 4,
                         .seed = 7,
                         .layer = layer,
                         .kv_head = g});
        const projection::Basis& found = bases[b].heads.at(layer)[g];
        EXPECT_EQ(found.orthogonal, expected.orthogonal);
        for (int64_t i = 0; i < 4; ++i) {
          EXPECT_THAT(found.query_map.row(i),
                      ::testing::ElementsAreArray(expected.query_map.row(i)));
          EXPECT_THAT(found.key_map.row(i), ::testing::ElementsAreArray(expected.key_map.row(i)));
        }
      }
    }
  }
}

TEST(MakeBases, NativeIsTheAquaMethodOnTheEvaluatedText) {
  const store::Calibration evaluated = calibration(5);
  const auto bases = make({"native", "aqua"}, &evaluated);
  const projection::Basis expected = projection::make_aqua(
      {.statistics = &evaluated.heads.at({{1}, Site::post_rope})[1].statistics,
       .head_dim = 4,
       .layer = {1},
       .kv_head = 1});
  EXPECT_EQ(bases[0].heads.at({1})[1].query_map(0, 2), expected.query_map(0, 2));
  EXPECT_NE(bases[0].heads.at({1})[1].query_map(0, 2), bases[1].heads.at({1})[1].query_map(0, 2));
}

TEST(MakeBases, MethodsWithoutStatisticsNeedNoCalibratedLayers) {
  store::Calibration empty;
  empty.model.heads = layout;
  const auto bases = make({"identity", "random"}, nullptr, empty);
  EXPECT_EQ(bases[1].heads.at({1}).size(), 2U);
}

TEST(MakeBases, SaysWhatIsMissing) {
  EXPECT_EQ(message_of([] { make({"pca"}, nullptr); }),
            "basis \"pca\" is not known; known: aqua, keys, kq-svd, identity, random, native");
  EXPECT_EQ(message_of([] { make({"native"}, nullptr); }),
            "basis \"native\": expected statistics of the evaluated text, found none");
  EXPECT_EQ(message_of([] { make({"keys"}, nullptr, calibration(), Site::pre_rope); }),
            "calibration: no pre_rope statistics of layer 0");
  EXPECT_EQ(message_of([] {
              const store::Calibration none;
              make({"native"}, &none);
            }),
            "evaluated text: no post_rope statistics of layer 0");
}

TEST(MakeBases, RefusesStatisticsOfAnotherHeadLayout) {
  store::Calibration fitted = calibration();
  fitted.model.heads = {.query_heads = 4, .kv_heads = 2, .head_dim = 8};
  EXPECT_EQ(message_of([&] { make({"aqua"}, nullptr, fitted); }),
            "calibration, layer 0, post_rope: expected 2 KV heads of dimension 8, found 2 of "
            "dimension 4");
}

}  // namespace
}  // namespace aqua::analysis::testing
