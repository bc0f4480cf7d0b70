#include "retention/event_sums.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "aqua/core/error.hpp"
#include "retention/pairwise.hpp"
#include "retention/vector_losses.hpp"

namespace aqua::analysis {
namespace {

// [rows] whether each vector has a norm other than zero.
std::vector<uint8_t> nonzero_vectors(ConstMatrixView<float> vectors, const capture::QkEvent& event,
                                     std::string_view kind, int64_t head) {
  std::vector<uint8_t> nonzero(vectors.rows());
  for (int64_t t = 0; t < vectors.rows(); ++t) {
    const double energy = sum_of_squares(vectors.row(t));
    if (!std::isfinite(energy)) {
      fail<NumericalError>("layer {}, sequence {}: {} head {} holds a value that is not finite",
                           event.layer.value, event.sequence, kind, head);
    }
    nonzero[t] = energy > 0.0 ? 1 : 0;
  }
  return nonzero;
}

int64_t zeros(std::span<const uint8_t> nonzero) {
  return std::count(nonzero.begin(), nonzero.end(), 0);
}

class EventMeter {
 public:
  EventMeter(const EventMeasurement& measurement, const SequencePlan& plan,
             const capture::QkEvent& event)
      : measurement_(measurement),
        plan_(plan),
        event_(event),
        counted_(event.q.tokens() - plan.first_counted),
        sums_(plan.documents, measurement.layout) {
    const HeadLayout& heads = measurement.heads;
    for (std::size_t b = 0; b < measurement.maps.size(); ++b) {
      rotated_.push_back({.query = Matrix<float>(heads.group_size() * counted_, heads.head_dim),
                          .key = Matrix<float>(event.k.tokens(), heads.head_dim)});
    }
    sums_.has_values = !event.v.empty();
    if (!measurement.pairwise) return;
    pairwise_.emplace(PairTask{.queries = plan.pair_queries,
                               .documents = plan.documents.local,
                               .first_counted = plan.first_counted,
                               .rule = event.rule,
                               .layout = measurement.layout},
                      heads.group_size(), event.k.tokens(), heads.head_dim);
    for (const int64_t i : plan.pair_queries) sums_.pairs += i + 1 - event.rule.first_key(i);
  }

  void measure_group(int64_t g) {
    const HeadLayout& heads = measurement_.heads;
    const int64_t group_size = heads.group_size();
    const int64_t first_head = g * group_size;
    const GroupVectors vectors{
        .query = {event_.q.data() + first_head * heads.head_dim, event_.q.tokens(), group_size,
                  heads.head_dim, event_.q.token_stride()},
        .key = event_.k.head(g),
        .value = event_.v.empty() ? MatrixView<const float>() : event_.v.head(g)};

    std::vector<std::vector<uint8_t>> query_nonzero;  // [query head of the group][counted token]
    for (int64_t h = 0; h < group_size; ++h) {
      query_nonzero.push_back(
          nonzero_vectors(vectors.query.head(h).rows(plan_.first_counted, counted_), event_,
                          "query", first_head + h));
      sums_.zero_queries += zeros(query_nonzero.back());
      count(query_nonzero.back(), Total::queries, first_head + h);
    }
    const std::vector<int64_t>& kept = measurement_.kept[g];
    const VectorLosses vector_losses(kept, heads.head_dim, measurement_.layout);
    const auto key_nonzero = nonzero_vectors(vectors.key, event_, "KV", g);
    const auto counted_keys = std::span(key_nonzero).subspan(plan_.first_counted);
    sums_.zero_keys += zeros(counted_keys);
    for (int64_t h = 0; h < group_size; ++h) count(counted_keys, Total::keys, first_head + h);

    std::vector<PairBasis> pair_bases;
    for (std::size_t b = 0; b < rotated_.size(); ++b) {
      const RotatedGroup& rotated = rotated_[b];
      rotate(vectors, plan_.first_counted, measurement_.maps[b][g], rotated_[b]);
      const int64_t first_setting = static_cast<int64_t>(b) * 2 * std::ssize(kept);
      if (measurement_.orthogonal[b]) {
        record_losses(vector_losses, rotated, query_nonzero, counted_keys, first_setting,
                      first_head);
      }
      if (pairwise_) {
        pair_bases.push_back(prepare_pairs(rotated, first_setting, measurement_.orthogonal[b]));
      }
    }
    if (pairwise_)
      pairwise_->measure(vectors, kept, pair_bases, key_nonzero, first_head, sums_.sums);
  }

  SequenceSums take() { return std::move(sums_); }

 private:
  void count(std::span<const uint8_t> nonzero, Total total, int64_t query_head) {
    for (std::size_t t = 0; t < nonzero.size(); ++t) {
      sums_.sums(plan_.documents.local[t], measurement_.layout.total(total, query_head)) +=
          nonzero[t];
    }
  }

  void record_losses(const VectorLosses& vector_losses, const RotatedGroup& rotated,
                     std::span<const std::vector<uint8_t>> query_nonzero,
                     std::span<const uint8_t> key_nonzero, int64_t first_setting,
                     int64_t first_head) {
    const auto group_size = std::ssize(query_nonzero);
    for (int64_t h = 0; h < group_size; ++h) {
      vector_losses.record_queries({.rotated = rotated.query.view().rows(h * counted_, counted_),
                                    .nonzero = query_nonzero[h],
                                    .documents = plan_.documents.local},
                                   first_setting, first_head + h, sums_.sums);
    }
    vector_losses.record_keys({.rotated = rotated.key.view().rows(plan_.first_counted, counted_),
                               .nonzero = key_nonzero,
                               .documents = plan_.documents.local},
                              first_setting, first_head, group_size, sums_.sums);
  }

  const EventMeasurement& measurement_;
  const SequencePlan& plan_;
  const capture::QkEvent& event_;
  int64_t counted_;
  SequenceSums sums_;
  std::vector<RotatedGroup> rotated_;      // [basis], of the group at work
  std::optional<PairwiseMeter> pairwise_;  // absent where dot products are no logits
};

}  // namespace

SequenceSums measure_event(const EventMeasurement& measurement, const SequencePlan& plan,
                           const capture::QkEvent& event) {
  EventMeter meter(measurement, plan, event);
  for (int64_t g = 0; g < measurement.heads.kv_heads; ++g) meter.measure_group(g);
  return meter.take();
}

}  // namespace aqua::analysis
