// Selection as in SparQ (arXiv 2312.04985, first step), without rotation: each query uses the k of
// d dimensions, as the model has them, in which it is largest,
//
//   logit(i, j) = cap(scale·Σ_{c∈S_i} q_ic·k_jc).
//
// SparQ's further steps (exact scores for the best tokens, the mean value for the others) are left
// out on purpose: what remains is AQUA's dynamic selection on the identity, and shows what the
// rotation is worth.
#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter sparq_parameters[] = {k_parameter};

std::unique_ptr<Attention> make_sparq(const VariantSpec& spec, const VariantRequest& request) {
  return make_scored_attention(
      make_basis_scores({}, Choice::largest, kept_dimensions(spec, request)));
}

StepCost sparq_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double k = dimensions_of(spec, "k", shape);
  StepCost cost = exact_cost(shape, context);
  cost.selection = c.H * selection_rounds * c.d;
  cost.scores = c.H * c.L * k;
  cost.read_bytes = c.Hkv * c.L * (std::min(c.d, c.G * k) + c.d) * c.e;
  return cost;
}

}  // namespace

constinit const Variant sparq_variant{
    .name = "sparq",
    .label = "SparQ-like, no rotation",
    .description = "The k dimensions in which each query is largest, without rotation.",
    .source = "arXiv 2312.04985",
    .parameters = sparq_parameters,
    .basis = no_basis,
    .make = make_sparq,
    .cost = sparq_cost,
};

}  // namespace aqua::attention
