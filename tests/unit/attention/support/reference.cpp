#include "reference.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace aqua::attention::reference {
namespace {

Rows copy(ConstMatrixView<float> x) {
  Rows rows;
  for (int64_t r = 0; r < x.rows(); ++r) rows.emplace_back(x.row(r).begin(), x.row(r).end());
  return rows;
}

double logit(const LogitRule& rule, double product) {
  const double x = double{rule.scale} * product;
  return rule.softcap ? *rule.softcap * std::tanh(x / *rule.softcap) : x;
}

int64_t first_key(const LogitRule& rule, int64_t query) {
  return rule.window > query ? 0 : query - rule.window + 1;
}

int64_t share(double ratio, int64_t n) {
  return static_cast<int64_t>(std::floor(ratio * static_cast<double>(n) + 0.5));
}

/// Softmax weights over the keys, whose products with the query are given.
Vector softmax(const LogitRule& rule, const Vector& products) {
  Vector weights;
  for (const double product : products) weights.push_back(logit(rule, product));
  const double largest = *std::ranges::max_element(weights);
  double sum = 0.0;
  for (double& w : weights) sum += w = std::exp(w - largest);
  for (double& w : weights) w /= sum;
  return weights;
}

/// Adds head h's output of query i: weights over keys.
void write(const Inputs& in, int64_t h, int64_t i, const std::vector<int64_t>& keys,
           const Vector& weights, Rows& output) {
  const auto v = in.v().head(in.layout.kv_head_of(h));
  const int64_t d = in.layout.head_dim;
  for (std::size_t n = 0; n < keys.size(); ++n) {
    for (int64_t e = 0; e < d; ++e) output[i][h * d + e] += weights[n] * double{v(keys[n], e)};
  }
}

Result empty(const Inputs& in) {
  return {Rows(in.tokens, Vector(in.layout.query_heads * in.layout.head_dim)), 1.0};
}

std::vector<int64_t> range(int64_t begin, int64_t end) {
  std::vector<int64_t> all(end - begin);
  std::iota(all.begin(), all.end(), begin);
  return all;
}

/// X such that A·X = B, for rows of A and B, by Gaussian elimination with pivots.
Rows solve(Rows a, Rows b) {
  const std::size_t n = a.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c; r < n; ++r) {
      if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
    }
    std::swap(a[c], a[pivot]);
    std::swap(b[c], b[pivot]);
    for (std::size_t r = 0; r < n; ++r) {
      if (r == c) continue;
      const double factor = a[r][c] / a[c][c];
      for (std::size_t i = 0; i < n; ++i) a[r][i] -= factor * a[c][i];
      for (std::size_t i = 0; i < b[r].size(); ++i) b[r][i] -= factor * b[c][i];
    }
  }
  for (std::size_t r = 0; r < n; ++r) {
    for (double& x : b[r]) x /= a[r][r];
  }
  return b;
}

Rows transposed(const Rows& x) {
  Rows t(x.front().size(), Vector(x.size()));
  for (std::size_t r = 0; r < x.size(); ++r) {
    for (std::size_t c = 0; c < x[r].size(); ++c) t[c][r] = x[r][c];
  }
  return t;
}

/// x·yᵀ
Rows times_transposed(const Rows& x, const Rows& y) {
  Rows product;
  for (const Vector& row : x) {
    Vector& out = product.emplace_back();
    for (const Vector& column : y) out.push_back(dot(row, column));
  }
  return product;
}

Rows sum(const Rows& x, const Rows& y) {
  Rows total = x;
  for (std::size_t r = 0; r < x.size(); ++r) {
    for (std::size_t c = 0; c < x[r].size(); ++c) total[r][c] += y[r][c];
  }
  return total;
}

/// argmin_B ‖x − a·B‖
Rows fitted(const Rows& a, const Rows& x) {
  const Rows at = transposed(a);
  return solve(times_transposed(at, at), times_transposed(at, transposed(x)));
}

/// argmin_A ‖x·yᵀ − A·cᵀ‖² + ‖x − A·b‖²
Rows updated(const Rows& x, const Rows& y, const Rows& c, const Rows& b) {
  const Rows ct = transposed(c);
  // Aᵀ = (cᵀc + b·bᵀ)⁻¹·(cᵀ·y·xᵀ + b·xᵀ)
  const Rows right = sum(times_transposed(ct, times_transposed(x, y)), times_transposed(b, x));
  return transposed(solve(sum(times_transposed(ct, ct), times_transposed(b, b)), right));
}

}  // namespace

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

Rows queries(const Inputs& in, int64_t head) { return copy(in.q().head(head)); }
Rows keys(const Inputs& in, int64_t kv_head) { return copy(in.k().head(kv_head)); }

Rows mapped(const Rows& x, const Matrix<double>& map, int64_t columns) {
  Rows out;
  for (const Vector& row : x) {
    Vector& y = out.emplace_back(columns);
    for (int64_t c = 0; c < columns; ++c) {
      for (std::size_t r = 0; r < row.size(); ++r) y[c] += row[r] * map(r, c);
    }
  }
  return out;
}

Vector keep_largest(const Vector& x, int64_t kept, double& margin) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return std::abs(x[a]) > std::abs(x[b]); });
  Vector out(x.size());
  for (int64_t n = 0; n < kept; ++n) out[order[n]] = x[order[n]];
  if (kept < std::ssize(x)) {
    const double taken = std::abs(x[order[kept - 1]]);
    margin = std::min(margin, (taken - std::abs(x[order[kept]])) / taken);
  }
  return out;
}

Result attend(const Inputs& in, const LogitRule& rule, const Score& score) {
  Result result = empty(in);
  for (int64_t h = 0; h < in.layout.query_heads; ++h) {
    for (int64_t i = 0; i < in.tokens; ++i) {
      const auto seen = range(first_key(rule, i), i + 1);
      Vector products;
      for (const int64_t j : seen) products.push_back(score(h, i, j));
      write(in, h, i, seen, softmax(rule, products), result.output);
    }
  }
  return result;
}

Result attend_chosen(const Inputs& in, const LogitRule& rule, const Score& proxy, double top,
                     double recent) {
  Result result = empty(in);
  for (int64_t h = 0; h < in.layout.query_heads; ++h) {
    const Rows q = queries(in, h);
    const Rows k = keys(in, in.layout.kv_head_of(h));
    for (int64_t i = 0; i < in.tokens; ++i) {
      const int64_t seen = i + 1 - first_key(rule, i);
      const int64_t latest = std::min(seen, share(recent, seen));
      auto older = range(first_key(rule, i), i + 1 - latest);
      const int64_t wanted =
          std::min<int64_t>(std::ssize(older), std::max<int64_t>(1, share(top, seen)));
      std::ranges::stable_sort(older,
                               [&](auto a, auto b) { return proxy(h, i, a) > proxy(h, i, b); });
      if (wanted < std::ssize(older)) {
        const double gap = proxy(h, i, older[wanted - 1]) - proxy(h, i, older[wanted]);
        result.margin = std::min(result.margin, gap);
      }
      std::vector<int64_t> chosen(older.begin(), older.begin() + wanted);
      for (int64_t j = i + 1 - latest; j <= i; ++j) chosen.push_back(j);
      Vector products;
      for (const int64_t j : chosen) products.push_back(dot(q[i], k[j]));
      write(in, h, i, chosen, softmax(rule, products), result.output);
    }
  }
  return result;
}

Result attend_cached(const Inputs& in, const LogitRule& rule, const Score& score, double recent,
                     double heavy) {
  Result result = empty(in);
  const int64_t latest = std::max<int64_t>(1, share(recent, in.tokens));
  const int64_t size = latest + share(heavy, in.tokens);
  for (int64_t g = 0; g < in.layout.kv_heads; ++g) {
    std::set<int64_t> cache;
    Vector mass(in.tokens);
    for (int64_t i = 0; i < in.tokens; ++i) {
      cache.insert(i);
      std::erase_if(cache, [&](int64_t j) { return j < first_key(rule, i); });
      const std::vector<int64_t> held(cache.begin(), cache.end());
      for (int64_t h = 0; h < in.layout.query_heads; ++h) {
        if (in.layout.kv_head_of(h) != g) continue;
        Vector products;
        for (const int64_t j : held) products.push_back(score(h, i, j));
        const Vector weights = softmax(rule, products);
        write(in, h, i, held, weights, result.output);
        for (std::size_t n = 0; n < held.size(); ++n) mass[held[n]] += weights[n];
      }
      if (std::ssize(cache) <= size) continue;
      std::vector<int64_t> older;
      for (const int64_t j : held) {
        if (j <= i - latest) older.push_back(j);
      }
      std::ranges::stable_sort(older, [&](auto a, auto b) { return mass[a] < mass[b]; });
      if (older.size() > 1) {
        result.margin = std::min(result.margin, (mass[older[1]] - mass[older[0]]) / mass[older[1]]);
      }
      cache.erase(older.front());
    }
  }
  return result;
}

void quantise(int64_t bits, std::vector<double*> values) {
  double low = *values.front();
  double high = low;
  for (const double* value : values) {
    low = std::min(low, *value);
    high = std::max(high, *value);
  }
  const double step = (high - low) / (std::pow(2.0, static_cast<double>(bits)) - 1.0);
  if (step == 0.0) return;
  for (double* value : values) *value = low + step * std::nearbyint((*value - low) / step);
}

Factors joint_factors(const Rows& q, const Rows& k, int64_t rank, int64_t rounds) {
  const Rows qt = transposed(q);
  const Rows kt = transposed(k);
  std::vector<std::size_t> channels(qt.size());
  std::iota(channels.begin(), channels.end(), 0);
  const auto strength = [&](std::size_t c) { return dot(qt[c], qt[c]) * dot(kt[c], kt[c]); };
  std::ranges::stable_sort(channels, [&](auto a, auto b) { return strength(a) > strength(b); });
  Rows a_query;
  Rows a_key;
  for (int64_t n = 0; n < rank; ++n) {
    a_query.push_back(qt[channels[n]]);
    a_key.push_back(kt[channels[n]]);
  }
  Factors factors{transposed(a_query), transposed(a_key)};
  for (int64_t round = 0; round < rounds; ++round) {
    const Rows b_query = fitted(factors.query, q);
    const Rows b_key = fitted(factors.key, k);
    factors.query = updated(q, k, factors.key, b_query);
    factors.key = updated(k, q, factors.query, b_key);
  }
  return factors;
}

}  // namespace aqua::attention::reference
