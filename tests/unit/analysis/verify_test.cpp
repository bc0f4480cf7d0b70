#include "aqua/analysis/verify.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "aqua/core/random.hpp"
#include "aqua/projection/basis.hpp"

namespace aqua::analysis {
namespace {

using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr HeadLayout layout{.query_heads = 4, .kv_heads = 2, .head_dim = 6};
constexpr int64_t tokens = 20;

std::vector<store::CalibratedHead> heads() {
  std::vector<store::CalibratedHead> result;
  for (uint64_t h = 0; h < 2; ++h) {
    Random random(7, Random::Purpose::test, h);
    Matrix<double> rows(3 * tokens, layout.head_dim);
    for (int64_t i = 0; i < rows.size(); ++i) rows.data()[i] = random.normal();
    store::CalibratedHead head;
    head.statistics = projection::HeadStatistics(layout.head_dim);
    head.statistics.query.add_rows(rows.view().rows(0, 2 * tokens));
    head.statistics.key.add_rows(rows.view().rows(2 * tokens, tokens));
    head.aqua =
        projection::make_aqua({.statistics = &head.statistics, .head_dim = layout.head_dim});
    result.push_back(std::move(head));
  }
  return result;
}

store::Calibration sample() {
  store::Calibration calibration;
  calibration.model = {.name = "m",
                       .architecture = "llama",
                       .sha256 = std::string(64, 'a'),
                       .layers = 2,
                       .heads = layout};
  calibration.provenance.corpora = {{"en", "/nowhere/en.txt", std::string(64, 'b'), 2, tokens}};
  calibration.heads.emplace(store::SiteKey{LayerIndex{1}, capture::Site::post_rope}, heads());
  return calibration;
}

std::map<std::string, Check> checks_of(const store::Calibration& calibration) {
  std::map<std::string, Check> checks;
  const CancelToken cancel;
  for (Check& check : verify_calibration(calibration, cancel)) checks.emplace(check.name, check);
  return checks;
}

store::CalibratedHead& head(store::Calibration& calibration) {
  return calibration.heads.begin()->second.at(1);
}

TEST(VerifyCalibration, SoundOnesHold) {
  const auto checks = checks_of(sample());
  EXPECT_EQ(checks.size(), 6U);
  for (const auto& [name, check] : checks) {
    EXPECT_EQ(check.verdict, name == "corpora" ? Verdict::skipped : Verdict::holds) << name;
    EXPECT_THAT(check.sentence, IsEmpty());
  }
}

TEST(VerifyCalibration, EachCheckFindsItsDamageAndSaysWhere) {
  const auto expect_fails = [](const std::string& name, const std::string& sentence, auto damage) {
    store::Calibration calibration = sample();
    damage(calibration);
    const Check check = checks_of(calibration).at(name);
    EXPECT_EQ(check.verdict, Verdict::fails) << name;
    EXPECT_THAT(check.sentence, HasSubstr(sentence));
  };
  const std::string where = "layer 1, post_rope, KV head 1: ";
  expect_fails("orthogonal", where + "expected ‖PᵀP−I‖ of at most 1e-09, found ",
               [](auto& c) { head(c).aqua.query_map(0, 0) += 1e-6; });
  expect_fails("orthogonal", where + "expected ‖PᵀP−I‖ of at most 1e-09, found nan",
               [](auto& c) { head(c).aqua.query_map(0, 0) = NAN; });
  expect_fails("falling", where + "expected falling singular values, none negative, found 100 at 3",
               [](auto& c) { head(c).aqua.singular_values[3] = 100; });
  expect_fails("factors", where, [](auto& c) { head(c).aqua.singular_values[5] *= 0.9; });
  expect_fails("factors", where, [](auto& c) {
    head(c).statistics.key.merge(c.heads.begin()->second.at(0).statistics.key);
  });
  expect_fails("counts", "KV head 0: expected 2 queries for each of 21 keys, found 40 queries",
               [](auto& c) {
                 auto& key = c.heads.begin()->second.at(0).statistics.key;
                 key = projection::RFactor(Matrix<double>::copy_of(key.r()), tokens + 1);
               });
  expect_fails("counts", "expected as many keys as counted tokens of the corpora, 19, found 20",
               [](auto& c) { c.provenance.corpora[0].tokens = 19; });
  expect_fails("digests", "model_sha256: expected a sha256 of 64 digits, found \"\"",
               [](auto& c) { c.model.sha256.clear(); });
  expect_fails("digests", "sha256 of corpus en: expected a sha256 of 64 digits, found \"XY\"",
               [](auto& c) { c.provenance.corpora[0].sha256 = "XY"; });
  expect_fails("corpora", "corpus en: expected " AQUA_SOURCE_DIR "/CMakeLists.txt with sha256 bbb",
               [](auto& c) { c.provenance.corpora[0].path = AQUA_SOURCE_DIR "/CMakeLists.txt"; });
}

/// The maps of the sample as an export has them.
store::ProjectionFile projections() {
  store::ProjectionFile file;
  file.kv_heads = 2;
  file.head_dim = file.columns = layout.head_dim;
  store::ProjectionLayer layer{
      .layer = {1}, .query_map = {}, .key_map = {}, .singular_values = {}, .kept = {}};
  for (const store::CalibratedHead& h : heads()) {
    for (int64_t i = 0; i < h.aqua.query_map.size(); ++i) {
      layer.query_map.push_back(static_cast<float>(h.aqua.query_map.data()[i]));
    }
    for (const double value : h.aqua.singular_values) {
      layer.singular_values.push_back(static_cast<float>(value));
    }
  }
  file.layers.push_back(std::move(layer));
  file.attributes = {{"base_model", "m"},
                     {"base_model_sha256", std::string(64, 'a')},
                     {"num_hidden_layers", int64_t{2}},
                     {"num_attention_heads", "4"},
                     {"rope_layout", "half"},
                     {"site", "post_rope"},
                     {"method", "aqua"},
                     {"convention", "q @ P"}};
  return file;
}

std::string sentences_of(const store::ProjectionFile& file) {
  std::string text;
  for (const Check& check : verify_projection(file)) text += check.sentence + "\n";
  return text;
}

TEST(VerifyProjection, SoundOnesHold) {
  for (const Check& check : verify_projection(projections())) {
    EXPECT_EQ(check.verdict, Verdict::holds) << check.name << ": " << check.sentence;
  }
}

TEST(VerifyProjection, EachCheckFindsItsDamage) {
  const auto expect_sentence = [](const std::string& sentence, auto damage) {
    store::ProjectionFile file = projections();
    damage(file);
    EXPECT_THAT(sentences_of(file), HasSubstr(sentence));
  };
  const auto set = [](const std::string& name, const std::string& value) {
    return [=](store::ProjectionFile& file) {
      for (auto& [key, held] : file.attributes) {
        if (key == name) held = value;
      }
    };
  };
  expect_sentence("layer 1, KV head 1: expected ‖PᵀP−I‖ of at most ",
                  [](auto& file) { file.layers[0].query_map[40] += 1e-4F; });
  expect_sentence("KV head 0: expected falling singular values, none negative, found -1 at 5",
                  [](auto& file) { file.layers[0].singular_values[5] = -1; });
  expect_sentence("rope_layout: expected one of half, interleaved, none, found \"other\"",
                  set("rope_layout", "other"));
  expect_sentence("site: expected one of post_rope, pre_rope, found \"\"", set("site", ""));
  expect_sentence("method: expected one that this version knows, found \"magic\"",
                  set("method", "magic"));
  expect_sentence("convention: expected \"q @ P\" for the method aqua, found \"P @ q\"",
                  set("convention", "P @ q"));
  expect_sentence("layer 1: expected one map for the method aqua, found two",
                  [](auto& file) { file.layers[0].key_map = file.layers[0].query_map; });
  expect_sentence("base_model_sha256: expected a sha256 of 64 digits, found \"12\"",
                  set("base_model_sha256", "12"));
}

// Rounding to the file's type must not be taken for damage, nor damage for rounding.
TEST(VerifyProjection, TheLimitFollowsTheType) {
  store::ProjectionFile file = projections();
  for (float& value : file.layers[0].query_map) value *= 1.0F + 0x1p-10F;
  EXPECT_THAT(sentences_of(file), HasSubstr("‖PᵀP−I‖"));
  file.type = store::MapType::bfloat16;
  EXPECT_THAT(verify_projection(file), Each(Field(&Check::sentence, IsEmpty())));
}

TEST(VerifyModel, ComparesWeightsHeadsAndLayout) {
  const capture::ModelFacts model = sample().model;
  EXPECT_THAT(verify_model(model, model_of(projections())),
              Each(Field(&Check::verdict, Verdict::holds)));
  capture::ModelFacts other = model;
  other.sha256 = std::string(64, 'c');
  other.layers = 3;
  other.rope_layout = capture::RopeLayout::interleaved;
  const auto checks = verify_model(other, model_of(projections()));
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_THAT(checks, Each(Field(&Check::verdict, Verdict::fails)));
  EXPECT_EQ(checks[1].sentence,
            "model: expected a layout of 3 layers, 4/2 heads, d 6, found 2 layers, 4/2 heads, d 6");
  EXPECT_EQ(checks[2].sentence, "model: expected rope_layout interleaved, found half");
}

}  // namespace
}  // namespace aqua::analysis
