#include "aqua/analysis/merge.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "aqua/analysis/fit.hpp"
#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

using capture::Site;
using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

constexpr HeadLayout layout{.query_heads = 6, .kv_heads = 2, .head_dim = 5};

FakeSource make_source(uint64_t seed) {
  FakeSource source(stream(layout, {sequence(0, {{0, 9}}), sequence(4, {{0, 4}, {1, 8}})}));
  source.add_random_layer({0}, Site::post_rope, {}, seed);
  source.add_random_layer({2}, Site::post_rope, {}, seed + 200);
  return source;
}

store::Calibration calibrate(const std::vector<uint64_t>& seeds) {
  FitSink sink({Site::post_rope});
  for (const uint64_t seed : seeds) {
    FakeSource source = make_source(seed);
    run(source, sink);
  }
  Workers workers(1);
  store::Calibration calibration;
  calibration.model = {
      .name = "fake", .architecture = "llama", .sha256 = {}, .layers = 3, .heads = layout};
  calibration.provenance.corpora = {
      {"en", "a.txt", "aa", 2, static_cast<int64_t>(17 * seeds.size())}};
  calibration.heads = solve(sink.take(), workers);
  return calibration;
}

store::Calibration merged(std::vector<NamedCalibration> parts) {
  Workers workers(2);
  Provenance provenance;
  provenance.command = "merge";
  return merge(std::move(parts), std::move(provenance), workers);
}

std::vector<NamedCalibration> parts(std::vector<std::vector<uint64_t>> seeds) {
  std::vector<NamedCalibration> result;
  for (const auto& part : seeds) {
    result.push_back({fmt::format("{}.h5", result.size()), calibrate(part)});
  }
  return result;
}

// R is unique for full column rank, and both ways compute it backward-stably from about 100 rows:
// they differ by a small multiple of n·eps·κ, far below 1e-10 for these random data.
TEST(Merge, IsTheCalibrationOfEverything) {
  const store::Calibration whole = calibrate({1, 2, 3});
  for (const auto& seeds : {std::vector<std::vector<uint64_t>>{{1}, {2}, {3}}, {{3, 1}, {2}}}) {
    const store::Calibration sum = merged(parts(seeds));
    ASSERT_EQ(sum.heads.size(), whole.heads.size());
    for (const auto& [key, heads] : whole.heads) {
      for (std::size_t h = 0; h < heads.size(); ++h) {
        const store::CalibratedHead& found = sum.heads.at(key)[h];
        const store::CalibratedHead& expected = heads[h];
        EXPECT_EQ(found.statistics.query.count(), expected.statistics.query.count());
        EXPECT_EQ(found.statistics.key.count(), expected.statistics.key.count());
        for (int64_t i = 0; i < layout.head_dim; ++i) {
          const auto at = static_cast<std::size_t>(i);
          EXPECT_NEAR(found.aqua.singular_values[at], expected.aqua.singular_values[at], 1e-10);
          for (int64_t j = 0; j < layout.head_dim; ++j) {
            EXPECT_NEAR(found.statistics.query.r()(i, j), expected.statistics.query.r()(i, j),
                        1e-10);
            EXPECT_NEAR(found.statistics.key.r()(i, j), expected.statistics.key.r()(i, j), 1e-10);
            EXPECT_NEAR(found.aqua.query_map(i, j), expected.aqua.query_map(i, j), 1e-10);
          }
        }
      }
    }
  }
}

TEST(Merge, AddsUpTheSameCorpus) {
  auto some = parts({{1}, {2}});
  some[1].calibration.provenance.corpora.push_back({"hi", "b.txt", "bb", 5, 50});
  const store::Calibration sum = merged(std::move(some));
  EXPECT_EQ(sum.provenance.command, "merge");
  EXPECT_THAT(sum.provenance.corpora, ElementsAre(CorpusFacts{"en", "a.txt", "aa", 4, 34},
                                                  CorpusFacts{"hi", "b.txt", "bb", 5, 50}));
}

TEST(Merge, RefusesWhatDoesNotBelongTogether) {
  const auto expect_error = [](std::vector<NamedCalibration> some, const std::string& message) {
    EXPECT_THAT([&] { merged(std::move(some)); }, ThrowsMessage<UsageError>(StrEq(message)));
  };
  expect_error(parts({{1}}), "expected at least two calibrations to merge, found 1");
  expect_error(parts({{1}, {2}, {1}}),
               "0.h5 and 2.h5 hold the same statistics: their text would count twice");
  auto some = parts({{1}, {2}});
  some[1].calibration.heads.erase({{2}, Site::post_rope});
  expect_error(std::move(some),
               "1.h5: expected the layers and sites of 0.h5 (post_rope of layers 0, 2), found "
               "post_rope of layers 0");
  some = parts({{1}, {2}});
  some[1].calibration.model.rope_layout = capture::RopeLayout::interleaved;
  expect_error(std::move(some),
               "1.h5: expected the rotary layout of 0.h5, half, found interleaved");
}

}  // namespace
}  // namespace aqua::analysis::testing
