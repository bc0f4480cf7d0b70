#include "support/golden_case.hpp"

#include <fstream>

namespace aqua::analysis::testing {
namespace {

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

}  // namespace

Json golden(const std::string& name) {
  return Json::parse(std::ifstream(AQUA_SOURCE_DIR "/tests/golden/analysis/" + name));
}

FakeSource source_of(const Json& file) {
  std::vector<SequenceInfo> sequences;
  for (const Json& s : file["sequences"]) {
    sequences.push_back({.first_counted = s["first_counted"], .document = s["document"]});
  }
  capture::StreamInfo info = stream({.query_heads = file["query_heads"],
                                     .kv_heads = file["kv_heads"],
                                     .head_dim = file["head_dim"]},
                                    std::move(sequences));
  info.model.layers = 1;
  FakeSource source(std::move(info));
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

}  // namespace aqua::analysis::testing
