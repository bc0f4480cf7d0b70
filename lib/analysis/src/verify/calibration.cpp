#include <algorithm>
#include <cmath>
#include <filesystem>

#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"
#include "aqua/linalg/blas.hpp"
#include "checks.hpp"

namespace aqua::analysis {
namespace {

constexpr double orthogonality_limit = 1e-9;
constexpr double residual_limit = 1e-9;

std::string place(const store::SiteKey& key, std::size_t head) {
  return fmt::format("layer {}, {}, KV head {}", key.first.value, capture::name(key.second), head);
}

// ‖(XP)ᵀ(XP) − Σ²‖_F / σ_1² with XᵀX = R_qᵀR_q + R_kᵀR_k.
double factor_residual(const store::CalibratedHead& head) {
  const int64_t dim = head.aqua.dim();
  const auto rotated = [&](const projection::RFactor& factor) {
    return linalg::product(linalg::Op::none, linalg::Op::none, factor.r(), head.aqua.query_map);
  };
  const Matrix<double> q = rotated(head.statistics.query);
  const Matrix<double> k = rotated(head.statistics.key);
  Matrix<double> gram = linalg::product(linalg::Op::transpose, linalg::Op::none, q, q);
  linalg::gemm(linalg::Op::transpose, linalg::Op::none, 1.0, k, k, 1.0, gram);
  double squares = 0.0;
  for (int64_t r = 0; r < dim; ++r) {
    const double sigma = head.aqua.singular_values[static_cast<std::size_t>(r)];
    for (int64_t c = 0; c < dim; ++c) {
      squares += std::pow(gram(r, c) - (r == c ? sigma * sigma : 0.0), 2);
    }
  }
  const double scale = std::pow(head.aqua.singular_values.front(), 2);
  return squares == 0.0 ? 0.0 : std::sqrt(squares) / scale;
}

Check check_counts(const store::Calibration& calibration) {
  int64_t tokens = 0;
  for (const CorpusFacts& corpus : calibration.provenance.corpora) tokens += corpus.tokens;
  const int64_t group = calibration.model.heads.group_size();
  std::string sentence;
  for (const auto& [key, heads] : calibration.heads) {
    for (std::size_t h = 0; h < heads.size() && sentence.empty(); ++h) {
      const int64_t keys = heads[h].statistics.key.count();
      const int64_t queries = heads[h].statistics.query.count();
      if (queries % group != 0 || queries / group != keys) {
        sentence = fmt::format("{}: expected {} queries for each of {} keys, found {} queries",
                               place(key, h), group, keys, queries);
      } else if (keys != tokens) {
        sentence =
            fmt::format("{}: expected as many keys as counted tokens of the corpora, {}, found {}",
                        place(key, h), tokens, keys);
      }
    }
  }
  return verify::check_of("counts", "G per key, 1 per token", std::move(sentence));
}

Check check_digests(const store::Calibration& calibration) {
  std::string sentence;
  const auto see = [&](const std::string& what, const std::string& digest) {
    if (!verify::is_digest(digest) && sentence.empty()) {
      sentence = fmt::format("{}: expected a sha256 of 64 digits, found \"{}\"", what, digest);
    }
  };
  see("model_sha256", calibration.model.sha256);
  for (const CorpusFacts& corpus : calibration.provenance.corpora) {
    see("sha256 of corpus " + corpus.name, corpus.sha256);
  }
  return verify::check_of("digests", "64 hexadecimal digits", std::move(sentence));
}

Check check_corpora(const store::Calibration& calibration, const CancelToken& cancel) {
  std::string sentence;
  std::size_t there = 0;
  for (const CorpusFacts& corpus : calibration.provenance.corpora) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(corpus.path, ignored)) continue;
    ++there;
    const std::string digest = sha256_of_file(corpus.path, cancel);
    if (digest != corpus.sha256 && sentence.empty()) {
      sentence = fmt::format("corpus {}: expected {} with sha256 {}, found {}", corpus.name,
                             corpus.path, corpus.sha256, digest);
    }
  }
  Check check = verify::check_of("corpora", "digests of the files", std::move(sentence));
  if (there == 0) {
    check.verdict = Verdict::skipped;
    check.found = "none of the files is there";
  }
  return check;
}

}  // namespace

std::vector<Check> verify_calibration(const store::Calibration& calibration,
                                      const CancelToken& cancel) {
  verify::Worst orthogonality("orthogonal", orthogonality_limit);
  verify::Worst residual("factors", residual_limit);
  std::string order;
  for (const auto& [key, heads] : calibration.heads) {
    for (std::size_t h = 0; h < heads.size(); ++h) {
      const std::string where = place(key, h);
      orthogonality.see(verify::orthogonality_error(heads[h].aqua.query_map), where);
      residual.see(factor_residual(heads[h]), where);
      verify::see_order(heads[h].aqua.singular_values, where, order);
    }
  }
  return {orthogonality.check("‖PᵀP−I‖"),
          verify::check_of("falling", "falling, none negative", std::move(order)),
          residual.check("‖(XP)ᵀ(XP)−Σ²‖/σ₁²"),
          check_counts(calibration),
          check_digests(calibration),
          check_corpora(calibration, cancel)};
}

}  // namespace aqua::analysis
