// ThinK (arXiv 2407.21018): channels of the key cache that the latest queries hardly use are
// pruned.
//
// For each KV head, channel c has the score ‖Q_obs[:,c]‖·‖K[:,c]‖, the Frobenius norm of what it
// contributes to Q_obs·Kᵀ; Q_obs are the last `window` queries of the sequence, of all query heads
// of the group, and K all its keys. The round-half-up(k·d) channels of highest score stay, ties to
// the lower index. The latest `window` keys of a query, those j > i − window, are not pruned, as
// new and recent keys are not in the paper:
//
//   logit(i, j) = cap(scale·Σ_{c∈S} q_ic·k_jc) for j <= i − window, else cap(scale·q_i·k_j).
//
// The paper prunes once, when the prompt has been read. Over a whole sequence that is one choice of
// channels, made with the queries at its end, for all its queries: earlier ones profit from, or
// suffer under, a choice that they could not have made.
#include <cmath>

#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter think_parameters[] = {
    {.key = "k",
     .low_open = true,
     .fallback = "0.6",
     .description = "fraction of the key channels that stay"},
    {.key = "window",
     .kind = Parameter::Kind::whole,
     .low = 1,
     .high = 1e9,
     .fallback = "32",
     .description = "queries that choose the channels, and latest keys that are not pruned"}};

// Adds the squares of each column of x.
void add_squares(ConstMatrixView<float> x, std::span<double> sums) {
  for (int64_t r = 0; r < x.rows(); ++r) {
    for (int64_t c = 0; c < x.cols(); ++c) {
      sums[static_cast<std::size_t>(c)] += static_cast<double>(x(r, c)) * x(r, c);
    }
  }
}

class ThinkHeadScores final : public HeadScores {
 public:
  ThinkHeadScores(const AttentionInput& input, int64_t kv_head, int64_t kept, int64_t window)
      : keys_(input.k.head(kv_head)),
        window_(window),
        mask_(static_cast<std::size_t>(input.k.head_dim())) {
    const int64_t tokens = keys_.rows();
    const int64_t observed = std::min(window, tokens);
    const int64_t group = input.q.heads() / input.k.heads();
    std::vector<double> queries(mask_.size());
    std::vector<double> keys(mask_.size());
    add_squares(keys_, keys);
    for (int64_t h = kv_head * group; h < (kv_head + 1) * group; ++h) {
      add_squares(input.q.head(h).rows(tokens - observed, observed), queries);
    }
    std::vector<float> scores(mask_.size());
    std::vector<float> scratch(mask_.size());
    for (std::size_t c = 0; c < scores.size(); ++c) {
      scores[c] = static_cast<float>(std::sqrt(queries[c] * keys[c]));
    }
    projection::select_largest(scores, kept, mask_, scratch);
  }

  ConstMatrixView<float> keys() const override { return keys_; }
  void map_queries(ConstMatrixView<float> q, MatrixView<float> mapped) const override {
    for (int64_t r = 0; r < q.rows(); ++r) {
      for (int64_t c = 0; c < q.cols(); ++c) {
        mapped(r, c) = q(r, c) * mask_[static_cast<std::size_t>(c)];
      }
    }
  }
  RecentKeys recent_keys() const override { return {keys_, /*mapped_queries=*/false}; }
  int64_t recent_from(int64_t query) const override { return query - window_ + 1; }

 private:
  ConstMatrixView<float> keys_;
  int64_t window_;
  std::vector<float> mask_;
};

class ThinkScores final : public ScoreModel {
 public:
  ThinkScores(int64_t kept, int64_t window) : kept_(kept), window_(window) {}
  std::unique_ptr<HeadScores> prepare(const AttentionInput& input, int64_t kv_head) const override {
    return std::make_unique<ThinkHeadScores>(input, kv_head, kept_, window_);
  }

 private:
  int64_t kept_;
  int64_t window_;
};

std::unique_ptr<Attention> make_think(const VariantSpec& spec, const VariantRequest& request) {
  return make_scored_attention(std::make_unique<ThinkScores>(
      projection::kept_dimensions(spec.number("k"), request.heads.head_dim), spec.whole("window")));
}

StepCost think_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double k = dimensions_of(spec, "k", shape);
  const double recent = std::min(c.L, static_cast<double>(spec.whole("window")));
  const double key_elements = (c.L - recent) * k + recent * c.d;
  StepCost cost = exact_cost(shape, context);
  cost.scores = c.H * key_elements;
  cost.cache_bytes = c.Hkv * (key_elements + c.L * c.d) * c.e;
  cost.read_bytes = cost.cache_bytes;
  return cost;
}

}  // namespace

constinit const Variant think_variant{
    .name = "think",
    .label = "ThinK channel pruning",
    .description = "Key channels that the latest queries hardly use are pruned.",
    .source = "arXiv 2407.21018",
    .parameters = think_parameters,
    .basis = no_basis,
    .make = make_think,
    .cost = think_cost,
};

}  // namespace aqua::attention
