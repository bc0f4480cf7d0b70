// Every variant against numpy: tests/golden/attention/make_attention_goldens.py.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "aqua/attention/variants.hpp"
#include "aqua/linalg/backend.hpp"

namespace aqua::attention {
namespace {

using Json = nlohmann::json;

template <class T>
Matrix<T> matrix(const Json& rows) {
  Matrix<T> m(std::ssize(rows), std::ssize(rows.at(0)));
  for (int64_t r = 0; r < m.rows(); ++r) {
    for (int64_t c = 0; c < m.cols(); ++c) m(r, c) = rows.at(r).at(c).get<T>();
  }
  return m;
}

TEST(AttentionGolden, EveryVariantAgreesWithNumpy) {
  linalg::use_one_blas_thread();
  std::ifstream file(AQUA_SOURCE_DIR "/tests/golden/attention/attention.json");
  const Json golden = Json::parse(file);
  const HeadLayout heads{golden["query_heads"], golden["kv_heads"], golden["head_dim"]};
  const int64_t tokens = golden["tokens"];

  std::map<std::string, LayerBases> bases;
  VariantRequest request{.heads = heads, .layers = 1, .bases = {}, .kept = {}};
  for (const Json& method : golden["bases"]) {
    LayerBases& layers = bases[method["method"]];
    for (int64_t g = 0; g < heads.kv_heads; ++g) {
      layers[{0}].push_back({.query_map = matrix<double>(method["query_map"][g]),
                             .key_map = matrix<double>(method["key_map"][g]),
                             .singular_values = {},
                             .orthogonal = method["method"] != "kq-svd"});
    }
    request.bases.emplace(method["method"], &layers);
  }

  std::set<std::string> seen;
  for (const Json& c : golden["cases"]) {
    const auto q = matrix<float>(c["q"]);
    const auto k = matrix<float>(c["k"]);
    const auto v = matrix<float>(c["v"]);
    LogitRule rule{.scale = c["scale"], .softcap = {}, .window = c["window"]};
    if (!c["softcap"].is_null()) rule.softcap = c["softcap"].get<float>();
    const AttentionInput input{.layer = {0},
                               .q = {q.data(), tokens, heads.query_heads, heads.head_dim},
                               .k = {k.data(), tokens, heads.kv_heads, heads.head_dim},
                               .v = {v.data(), tokens, heads.kv_heads, heads.head_dim},
                               .rule = rule};
    for (const auto& [spec, rows] : c["outputs"].items()) {
      const auto expected = matrix<double>(rows);
      Matrix<float> found(tokens, heads.query_heads * heads.head_dim);
      make_attention(parse_spec(spec), request)->run(input, found);
      seen.insert(parse_spec(spec).name);
      for (int64_t t = 0; t < tokens; ++t) {
        for (int64_t e = 0; e < found.cols(); ++e) {
          // Outputs below 4 in size, written with 6 digits; float32 logits of up to 10 are off by
          // about 10·d·eps = 1e-5, and weights by as much relative.
          ASSERT_NEAR(found(t, e), expected(t, e), 4e-5) << spec << ": " << t << ", " << e;
        }
      }
    }
  }
  for (const Variant* variant : variants()) {
    EXPECT_TRUE(seen.contains(std::string(variant->name))) << variant->name;
  }
}

}  // namespace
}  // namespace aqua::attention
