#include "breakeven/decode_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "retention/row_measures.hpp"

namespace aqua::analysis {

DecodeReference::DecodeReference(const HeadLayout& heads, const NewToken& token,
                                 const LayerCache& cache,
                                 const std::vector<Matrix<double>>& projections)
    : heads_(heads), token_(token), cache_(cache), projections_(projections) {
  const int64_t length = cache.values.front().rows();
  for (int64_t g = 0; g < heads.kv_heads; ++g) {
    Matrix<double>& keys = keys_.emplace_back(length, heads.head_dim);
    Matrix<double>& turned = rotated_keys_.emplace_back(length, heads.head_dim);
    for (int64_t j = 0; j < length; ++j) {
      const auto key = j + 1 < length ? cache.tokens[g].row(j) : token.k.row(g);
      std::ranges::copy(key, keys.row(j).begin());
      std::ranges::copy(rotated(key, g), turned.row(j).begin());
    }
  }
}

std::vector<double> DecodeReference::rotated(std::span<const float> x, int64_t g) const {
  std::vector<double> out(x.size(), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto row = projections_[g].row(static_cast<int64_t>(i));
    for (std::size_t e = 0; e < out.size(); ++e) out[e] += static_cast<double>(x[i]) * row[e];
  }
  return out;
}

Matrix<double> DecodeReference::standard() const { return attend(keys_, nullptr); }
Matrix<double> DecodeReference::aqua(const DecodeStep& step) const {
  return attend(rotated_keys_, &step);
}

Matrix<double> DecodeReference::attend(const std::vector<Matrix<double>>& keys,
                                       const DecodeStep* step) const {
  const int64_t d = heads_.head_dim;
  const int64_t length = keys.front().rows();
  std::vector<int32_t> all(static_cast<std::size_t>(d));
  std::iota(all.begin(), all.end(), 0);
  Matrix<double> out(heads_.query_heads, d);
  for (int64_t h = 0; h < heads_.query_heads; ++h) {
    const int64_t g = heads_.kv_head_of(h);
    const auto q = token_.q.row(h);
    const std::vector<double> query =
        step == nullptr ? std::vector<double>(q.begin(), q.end()) : rotated(q, g);
    const std::span<const int32_t> dims = step == nullptr ? all : step->dimensions(h);
    std::vector<double> weights(static_cast<std::size_t>(length));
    double sum = 0.0;
    for (int64_t j = 0; j < length; ++j) {
      double logit = 0.0;
      for (const int32_t c : dims) logit += query[c] * keys[g](j, c);
      weights[j] = std::exp(logit / std::sqrt(static_cast<double>(d)));
      sum += weights[j];
    }
    for (int64_t j = 0; j < length; ++j) {
      const auto value = j + 1 < length ? cache_.values[g].row(j) : token_.v.row(g);
      for (int64_t c = 0; c < d; ++c) {
        out(h, c) += weights[j] / sum * static_cast<double>(value[c]);
      }
    }
  }
  return out;
}

double DecodeReference::tolerance() const {
  constexpr double epsilon = std::numeric_limits<float>::epsilon();
  double query = 0.0;
  for (int64_t h = 0; h < heads_.query_heads; ++h) {
    query = std::max(query, sum_of_squares(token_.q.row(h)));
  }
  double key = 0.0;
  double value = 0.0;
  for (int64_t g = 0; g < heads_.kv_heads; ++g) {
    for (int64_t j = 0; j < keys_[g].rows(); ++j) {
      const auto row = keys_[g].row(j);
      key = std::max(key, std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
      for (const float x : cache_.values[g].row(j)) value = std::max(value, std::abs(double{x}));
    }
    for (const float x : token_.v.row(g)) value = std::max(value, std::abs(double{x}));
  }
  const auto d = static_cast<double>(heads_.head_dim);
  const double logit = 4.0 * d * epsilon * std::sqrt(query * key) / std::sqrt(d);
  const auto length = static_cast<double>(keys_.front().rows());
  return (std::expm1(2.0 * logit) + 2.0 * (std::sqrt(length) + 8.0) * epsilon) * value;
}

}  // namespace aqua::analysis
