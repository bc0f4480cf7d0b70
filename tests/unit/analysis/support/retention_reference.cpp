#include "support/retention_reference.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace aqua::analysis::testing {
namespace {

using Vector = std::vector<double>;

Vector to_double(std::span<const float> x) { return {x.begin(), x.end()}; }

// x·M, M [d,d], row-vector convention.
Vector times(const Vector& x, const Matrix<double>& m) {
  Vector y(x.size(), 0.0);
  for (int64_t c = 0; c < m.cols(); ++c) {
    for (int64_t r = 0; r < m.rows(); ++r) y[c] += x[r] * m(r, c);
  }
  return y;
}

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
double norm(const Vector& a) { return std::sqrt(dot(a, a)); }

// Which dimensions are kept for a rotated query.
std::vector<bool> kept_set(const Vector& rotated, int64_t k, Selection selection) {
  std::vector<int64_t> order(rotated.size());
  std::iota(order.begin(), order.end(), 0);
  if (selection == Selection::dynamic) {
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return std::abs(rotated[a]) > std::abs(rotated[b]);
    });
  }
  std::vector<bool> kept(rotated.size(), false);
  for (int64_t i = 0; i < k; ++i) kept[order[i]] = true;
  return kept;
}

Vector restricted(Vector x, const std::vector<bool>& kept) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = kept[i] ? x[i] : 0.0;
  return x;
}

double loss(const Vector& rotated, const std::vector<bool>& kept, bool energy) {
  const double share = norm(restricted(rotated, kept)) / norm(rotated);
  return energy ? 1.0 - share * share : 1.0 - share;
}

double capped(double logit, const LogitRule& rule) {
  if (!rule.softcap) return logit;
  const double cap = static_cast<double>(*rule.softcap);
  return cap * std::tanh(logit / cap);
}

Vector softmax(const Vector& logits) {
  const double maximum = *std::max_element(logits.begin(), logits.end());
  Vector weights;
  for (const double logit : logits) weights.push_back(std::exp(logit - maximum));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= total;
  return weights;
}

Vector weighted_sum(const Vector& weights, const std::vector<Vector>& values) {
  Vector out(values.front().size(), 0.0);
  for (std::size_t j = 0; j < weights.size(); ++j) {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] += weights[j] * values[j][c];
  }
  return out;
}

// One query with everything that it sees.
struct Attended {
  Vector rotated_query;
  std::vector<bool> kept;
  std::vector<Vector> rotated_keys;
  std::vector<Vector> values;
  Vector exact_logits;
  Vector approximate_logits;
};

Attended attend(const ReferenceRequest& request, const capture::QkEvent& event, int64_t i) {
  const int64_t g = request.source.info().model.heads.kv_head_of(request.query_head);
  const Vector q = to_double(event.q.head(request.query_head).row(i));
  const auto scale = static_cast<double>(event.rule.scale);
  Attended a;
  a.rotated_query = times(q, request.basis.query_map);
  a.kept = kept_set(a.rotated_query, request.k, request.selection);
  for (int64_t j = 0; j <= i; ++j) {
    if (i - j >= event.rule.window) continue;
    const Vector k = to_double(event.k.head(g).row(j));
    a.rotated_keys.push_back(times(k, request.basis.key_map));
    a.exact_logits.push_back(capped(scale * dot(q, k), event.rule));
    a.approximate_logits.push_back(capped(
        scale * dot(restricted(a.rotated_query, a.kept), a.rotated_keys.back()), event.rule));
    if (!event.v.empty()) a.values.push_back(to_double(event.v.head(g).row(j)));
  }
  return a;
}

// A query's term in the measure's sum and in its divisor.
std::pair<double, double> pair_terms(const Attended& a, Measure measure) {
  const Vector p = softmax(a.exact_logits);
  const Vector approximate = softmax(a.approximate_logits);
  double sum = 0.0;
  double total = 1.0;
  switch (measure) {
    case Measure::key_loss:
    case Measure::key_energy_loss:
      total = 0.0;
      for (const Vector& key : a.rotated_keys) {
        if (norm(key) == 0.0) continue;
        sum += loss(key, a.kept, measure == Measure::key_energy_loss);
        total += 1.0;
      }
      break;
    case Measure::logit_error:
      for (std::size_t j = 0; j < p.size(); ++j) {
        sum += std::pow(a.exact_logits[j] - a.approximate_logits[j], 2);
      }
      total = dot(a.exact_logits, a.exact_logits);
      break;
    case Measure::total_variation:
      for (std::size_t j = 0; j < p.size(); ++j) sum += 0.5 * std::abs(p[j] - approximate[j]);
      break;
    case Measure::kl_divergence:
      for (std::size_t j = 0; j < p.size(); ++j) sum += p[j] * std::log(p[j] / approximate[j]);
      break;
    case Measure::top1_agreement: {
      const auto top = [](const Vector& x) {
        return std::max_element(x.begin(), x.end()) - x.begin();
      };
      sum = top(a.exact_logits) == top(a.approximate_logits) ? 1.0 : 0.0;
      break;
    }
    case Measure::output_error: {
      const Vector o = weighted_sum(p, a.values);
      const Vector other = weighted_sum(approximate, a.values);
      for (std::size_t c = 0; c < o.size(); ++c) sum += std::pow(o[c] - other[c], 2);
      total = dot(o, o);
      break;
    }
    default:
      break;
  }
  return {sum, total};
}

bool of_single_vectors(Measure measure, Selection selection) {
  const bool query = measure == Measure::query_loss || measure == Measure::query_energy_loss;
  const bool key = measure == Measure::key_loss || measure == Measure::key_energy_loss;
  return query || (key && selection == Selection::fixed);
}

}  // namespace

double ReferenceSums::value(Measure measure, const std::vector<double>& weight) const {
  double s = 0.0;
  double t = 0.0;
  for (std::size_t d = 0; d < sum.size(); ++d) {
    const double w = weight.empty() ? 1.0 : weight[d];
    s += w * sum[d];
    t += w * total[d];
  }
  const bool relative = measure == Measure::logit_error || measure == Measure::output_error;
  return relative ? std::sqrt(s / t) : s / t;
}

ReferenceSums reference(const ReferenceRequest& request, Measure measure, int64_t documents) {
  ReferenceSums out{.sum = Vector(documents, 0.0), .total = Vector(documents, 0.0)};
  const auto& sequences = request.source.info().sequences;
  const int64_t g = request.source.info().model.heads.kv_head_of(request.query_head);
  const bool energy = measure == Measure::query_energy_loss || measure == Measure::key_energy_loss;
  const bool of_queries = measure == Measure::query_loss || measure == Measure::query_energy_loss;
  for (int64_t s = 0; s < std::ssize(sequences); ++s) {
    const capture::QkEvent event = request.source.view(request.layer, request.site, s);
    if (of_single_vectors(measure, request.selection)) {
      for (int64_t t = sequences[s].first_counted; t < sequences[s].length(); ++t) {
        const Vector x = to_double(of_queries ? event.q.head(request.query_head).row(t)
                                              : event.k.head(g).row(t));
        if (norm(x) == 0.0) continue;
        const Vector rotated =
            times(x, of_queries ? request.basis.query_map : request.basis.key_map);
        out.sum[sequences[s].document[t]] +=
            loss(rotated, kept_set(rotated, request.k, request.selection), energy);
        out.total[sequences[s].document[t]] += 1.0;
      }
    } else {
      for (const int64_t i : request.pair_queries[s]) {
        const auto [sum, total] = pair_terms(attend(request, event, i), measure);
        out.sum[sequences[s].document[i]] += sum;
        out.total[sequences[s].document[i]] += total;
      }
    }
  }
  return out;
}

Magnitudes magnitudes(const ReferenceRequest& request) {
  Magnitudes m;
  double logit_energy = 0.0;
  double output_energy = 0.0;
  double pairs = 0.0;
  double queries = 0.0;
  for (std::size_t s = 0; s < request.pair_queries.size(); ++s) {
    const capture::QkEvent event =
        request.source.view(request.layer, request.site, static_cast<int64_t>(s));
    for (const int64_t i : request.pair_queries[s]) {
      const Attended a = attend(request, event, i);
      for (std::size_t j = 0; j < a.rotated_keys.size(); ++j) {
        m.logit = std::max(m.logit, norm(a.rotated_query) * norm(a.rotated_keys[j]) *
                                        static_cast<double>(event.rule.scale));
        if (!a.values.empty()) m.value = std::max(m.value, norm(a.values[j]));
      }
      logit_energy += dot(a.exact_logits, a.exact_logits);
      pairs += static_cast<double>(a.exact_logits.size());
      queries += 1.0;
      if (a.values.empty()) continue;
      const Vector o = weighted_sum(softmax(a.exact_logits), a.values);
      output_energy += dot(o, o);
    }
  }
  m.logit_rms = std::sqrt(logit_energy / pairs);
  m.output_rms = std::sqrt(output_energy / queries);
  return m;
}

}  // namespace aqua::analysis::testing
