// The meter against an independent implementation: tests/golden/analysis/make_retention_goldens.py.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "aqua/analysis/retention.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

using Json = nlohmann::json;

Json golden() {
  return Json::parse(std::ifstream(AQUA_SOURCE_DIR "/tests/golden/analysis/retention.json"));
}

void copy_into(Matrix<float>& to, const Json& rows) {
  for (std::size_t t = 0; t < rows.size(); ++t) {
    for (std::size_t c = 0; c < rows[t].size(); ++c) {
      to(static_cast<int64_t>(t), static_cast<int64_t>(c)) = rows[t][c].get<float>();
    }
  }
}

Matrix<double> matrix(const Json& rows) {
  Matrix<double> m(std::ssize(rows), std::ssize(rows));
  for (int64_t r = 0; r < m.rows(); ++r) {
    for (int64_t c = 0; c < m.cols(); ++c) m(r, c) = rows[r][c];
  }
  return m;
}

FakeSource source_of(const Json& file) {
  std::vector<SequenceInfo> sequences;
  for (const Json& s : file["sequences"]) {
    sequences.push_back({.first_counted = s["first_counted"], .document = s["document"]});
  }
  FakeSource source(stream({.query_heads = file["query_heads"],
                            .kv_heads = file["kv_heads"],
                            .head_dim = file["head_dim"]},
                           std::move(sequences)));
  source.add_random_layer({0}, capture::Site::post_rope,
                          {.scale = file["scale"].get<float>(),
                           .softcap = file["softcap"].get<float>(),
                           .window = file["window"].get<int64_t>()},
                          1);
  for (int64_t s = 0; s < std::ssize(file["sequences"]); ++s) {
    EventData& event = source.event({0}, capture::Site::post_rope, s);
    copy_into(event.q, file["sequences"][s]["q"]);
    copy_into(event.k, file["sequences"][s]["k"]);
    copy_into(event.v, file["sequences"][s]["v"]);
  }
  return source;
}

std::vector<NamedBasis> bases_of(const Json& file) {
  std::vector<NamedBasis> bases;
  for (const Json& stored : file["bases"]) {
    NamedBasis& basis = bases.emplace_back();
    basis.name = stored["name"];
    for (std::size_t g = 0; g < stored["query_map"].size(); ++g) {
      projection::Basis& head = basis.heads[{0}].emplace_back();
      head.query_map = matrix(stored["query_map"][g]);
      head.key_map = matrix(stored["key_map"][g]);
      head.orthogonal = stored["orthogonal"];
    }
  }
  return bases;
}

TEST(RetentionGolden, AgreesWithNumpy) {
  const Json file = golden();
  FakeSource source = source_of(file);
  RetentionOptions options;
  options.k_ratios = file["k_ratios"].get<std::vector<double>>();
  options.pair_queries = 0;
  options.bootstrap_replicates = 0;
  RetentionMeter meter(options, bases_of(file));
  run(source, meter);
  const RetentionResult result = meter.result();

  ASSERT_EQ(result.settings.size(), file["results"].size());
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const Json& expected = file["results"][s];
    ASSERT_EQ(result.settings[s].basis, expected["basis"]);
    ASSERT_EQ(result.settings[s].k, expected["k"]);
    ASSERT_EQ(name(result.settings[s].selection), expected["selection"]);
    for (const MeasureInfo& info : measures()) {
      const auto& found = result.results[s].at(info.measure).heads[0];
      for (std::size_t h = 0; h < found.size(); ++h) {
        SCOPED_TRACE(fmt::format("{} k={} {} {} head {}", result.settings[s].basis,
                                 result.settings[s].k, expected["selection"].get<std::string>(),
                                 info.key, h));
        const Json& value = expected["heads"][std::string(info.key)][h];
        if (value.is_null()) {
          EXPECT_TRUE(std::isnan(found[h]));
        } else {
          // d = 8 and logits below 4 (soft cap): single-precision logits are off by less than
          // 2·sqrt(d)·(d+2)·2⁻²⁴·|q||k|·scale = 3e-5 here, and no measure magnifies that tenfold.
          EXPECT_NEAR(found[h], value.get<double>(), 3e-4);
        }
      }
    }
  }
}

}  // namespace
}  // namespace aqua::analysis::testing
