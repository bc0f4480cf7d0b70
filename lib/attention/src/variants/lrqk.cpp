// LRQK (arXiv 2510.23649): low-rank factors of queries and keys, found together when the prompt is
// read, give proxy scores; each query chooses tokens by them and attends to the chosen ones, and to
// the latest, exactly.
//
// Prefill: over the whole sequence, for each KV head, Q [G·T, d] are the queries of its group and K
// [T, d] its keys; alternating least squares gives A_Q [G·T, r] and A_K [T, r] with A_Q·A_Kᵀ ≈ QKᵀ
// (see joint_factors.hpp; two rounds are the authors' setting). Proxy scores are A_Q·A_Kᵀ. Query i,
// which sees n keys, attends to its last round-half-up(recent·n) and, among those before them, to
// the max(1, round-half-up(top·n)) of highest proxy score; ties to the earlier key.
//
// The factors know the whole sequence, as in the paper's prefill; what the paper does in decoding,
// updating them token by token, has no counterpart here. Only the choice of tokens depends on them:
// a query never attends to a later token. As each factor is a linear map of the vectors, the best
// possible one is KQ-SVD's, fitted on this very sequence.
#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "../joint_factors.hpp"
#include "aqua/linalg/blas.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter lrqk_parameters[] = {
    {.key = "r",
     .low_open = true,
     .fallback = "0.25",
     .description = "rank of the factors, as a fraction of the head dimension"},
    top_parameter,
    {.key = "recent",
     .fallback = "0.05",
     .description = "fraction of the visible tokens, the latest, that are always attended to"},
    {.key = "rounds",
     .kind = Parameter::Kind::whole,
     .low = 1,
     .high = 1000,
     .fallback = "2",
     .description = "rounds of alternating least squares"}};

// gram += XᵀX.
void add_gram(ConstMatrixView<float> x, Matrix<double>& gram) {
  const Matrix<double> wide = Matrix<double>::copy_of(x);
  linalg::gemm(linalg::Op::transpose, linalg::Op::none, 1.0, wide, wide, 1.0, gram);
}

class LrqkHeadScores final : public HeadScores {
 public:
  LrqkHeadScores(const AttentionInput& input, int64_t kv_head, int64_t rank, int64_t rounds) {
    const int64_t d = input.k.head_dim();
    const int64_t group = input.q.heads() / input.k.heads();
    const auto k = input.k.head(kv_head);
    Matrix<double> gram_query(d, d);
    Matrix<double> gram_key(d, d);
    for (int64_t h = kv_head * group; h < (kv_head + 1) * group; ++h) {
      add_gram(input.q.head(h), gram_query);
    }
    add_gram(k, gram_key);
    const JointFactors factors = joint_factors(gram_query, gram_key, rank, rounds);
    query_map_ = Matrix<float>::copy_of(factors.query.view());
    keys_ = Matrix<float>(k.rows(), rank);
    map_rows(k, Matrix<float>::copy_of(factors.key.view()), keys_);
  }
  ConstMatrixView<float> keys() const override { return keys_; }
  void map_queries(ConstMatrixView<float> q, MatrixView<float> mapped) const override {
    map_rows(q, query_map_, mapped);
  }

 private:
  Matrix<float> query_map_;  // [d, r]
  Matrix<float> keys_;       // A_K [T, r]
};

class LrqkScores final : public ScoreModel {
 public:
  LrqkScores(int64_t rank, int64_t rounds) : rank_(rank), rounds_(rounds) {}
  std::unique_ptr<HeadScores> prepare(const AttentionInput& input, int64_t kv_head) const override {
    return std::make_unique<LrqkHeadScores>(input, kv_head, rank_, rounds_);
  }

 private:
  int64_t rank_;
  int64_t rounds_;
};

std::unique_ptr<Attention> make_lrqk(const VariantSpec& spec, const VariantRequest& request) {
  const int64_t rank = projection::kept_dimensions(spec.number("r"), request.heads.head_dim);
  return make_selecting_attention(std::make_unique<LrqkScores>(rank, spec.whole("rounds")),
                                  {.top = spec.number("top"), .recent = spec.number("recent")});
}

// The new token's query and key are mapped (the paper's update of the factors is not counted).
StepCost lrqk_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double r = dimensions_of(spec, "r", shape);
  const int64_t recent = share_of(spec.number("recent"), context);
  const int64_t top = std::max<int64_t>(1, share_of(spec.number("top"), context));
  const auto n = static_cast<double>(std::min(context, recent + top));
  StepCost cost = exact_cost(shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * r;
  cost.selection = c.H * selection_rounds * c.L;
  cost.scores = c.H * (c.L * r + n * c.d);
  cost.values = c.H * n * c.d;
  cost.cache_bytes = c.Hkv * c.L * (2.0 * c.d + r) * c.e;
  cost.read_bytes = c.Hkv * (c.L * r + std::min(c.L, c.G * n) * 2.0 * c.d) * c.e;
  return cost;
}

}  // namespace

constinit const Variant lrqk_variant{
    .name = "lrqk",
    .label = "LRQK",
    .description =
        "Exact attention over the tokens that joint low-rank factors choose, and recent ones.",
    .source = "arXiv 2510.23649",
    .parameters = lrqk_parameters,
    .basis = no_basis,
    .make = make_lrqk,
    .cost = lrqk_cost,
};

}  // namespace aqua::attention
